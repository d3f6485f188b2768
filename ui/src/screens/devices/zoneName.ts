// A light zone by its place; the same word names a camera elsewhere.
import { words } from "../../words";

const ZONES: Record<string, string> = { left: "Left", right: "Right", top: "Top", bottom: "Bottom" };

export function zoneName(zone: string): string {
  return ZONES[zone] ?? words(zone);
}
