// Which marks a frame gets for what failed on it: each place once, none too small to be seen.
import type { Frame, Region } from "../api/types";

export interface Failed {
  region: Region;
  label: string;
}

export interface Mark {
  number: number;
  drawn: Region;
  labels: string[];
}

/** The least side of a mark, as a share of the picture's width. */
const LEAST = 1 / 16;

export function marksOf(failed: readonly Failed[], frame: Frame): Mark[] {
  const places = new Map<string, { region: Region; labels: string[] }>();
  for (const { region, label } of failed) {
    if (region.frame !== frame.role) continue;
    const place = [region.x_px, region.y_px, region.width_px, region.height_px].join(" ");
    const known = places.get(place);
    if (known) known.labels.push(label);
    else places.set(place, { region, labels: [label] });
  }
  return [...places.values()].map(({ region, labels }, which) => ({
    number: which + 1,
    drawn: enlarged(region, frame),
    labels,
  }));
}

/** The region, no smaller than can be seen, around the same middle, inside the picture. */
export function enlarged(region: Region, { width_px, height_px }: Pick<Frame, "width_px" | "height_px">): Region {
  const least = Math.round(LEAST * width_px);
  const width = Math.min(Math.max(region.width_px, least), width_px);
  const height = Math.min(Math.max(region.height_px, least), height_px);
  return {
    frame: region.frame,
    x_px: within(region.x_px + Math.round((region.width_px - width) / 2), width_px - width),
    y_px: within(region.y_px + Math.round((region.height_px - height) / 2), height_px - height),
    width_px: width,
    height_px: height,
  };
}

function within(first: number, last: number): number {
  return Math.min(Math.max(first, 0), last);
}
