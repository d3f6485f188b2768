// What the checks of the mock's station measured: a drawn grey target and a drawn chart.
import type { CheckPicture, Device } from "../src/api/types";
import { digest } from "./identifiers";

const ZONES = ["left", "right", "top", "bottom"];
const BESIDE: Record<string, [number, number]> = { left: [0, 50], right: [100, 50], top: [50, 0], bottom: [50, 100] };
const LIT = ["together", ...ZONES.map((zone) => `zone:${zone}`)];
const CHARTS = ["chart:1", "chart:2", "chart:3"];
const TONES = [
  "#735244", "#c29682", "#627a9d", "#576c43", "#8580b1", "#67bdaa", "#d67e2c", "#505ba6", "#c15a63", "#5e3c6c", "#9dbc40", "#e0a32e",
  "#383d96", "#469449", "#af363c", "#e7c71f", "#bb5695", "#0885a1", "#f3f3f2", "#c8c8c8", "#a0a0a0", "#7a7a79", "#555555", "#343434",
];

export function picturesOf(device: string): Device["pictures"] {
  const named = (seq: number, every: readonly string[]): CheckPicture[] =>
    every.map((shows) => ({
      shows, exposure_us: 8_000,
      address: `/api/v1/devices/${device}/checks/${seq}/pictures/${digest(`${seq} ${shows}`)}`,
    }));
  return { illumination: named(1_150, LIT), light_field: named(1_151, LIT), colour: named(1_152, CHARTS) };
}

/** The picture that a check names, drawn; nothing where it names none. */
export function checkPicture(device: string, seq: number, wanted: string): string | undefined {
  const named = Object.values(picturesOf(device)).flatMap((each) => each ?? []);
  const found = named.find(({ address }) => address.endsWith(`/${seq}/pictures/${wanted}`));
  if (found === undefined) return undefined;
  const [x, y] = BESIDE[found.shows.split(":")[1] ?? ""] ?? [50, 50];
  const patches = TONES.map((tone, at) => `<rect x="${20 + (at % 6) * 62}" y="${20 + Math.floor(at / 6) * 62}" width="54" height="54" fill="${tone}"/>`);
  const chart = seq === 1_151 ? "" : `<rect x="8" y="8" width="388" height="264" fill="#1b1d1e"/>${patches.join("")}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 404 280" width="404" height="280"><defs><radialGradient id="l" cx="${x}%" cy="${y}%" r="90%"><stop offset="0" stop-color="#fff" stop-opacity=".35"/><stop offset="1" stop-color="#000" stop-opacity=".4"/></radialGradient></defs><rect width="404" height="280" fill="#8c8d8c"/>${chart}<rect width="404" height="280" fill="url(#l)"/></svg>`;
}
