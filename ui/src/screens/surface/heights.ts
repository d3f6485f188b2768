// Heights of a surface's points above the plane that fits its depth best, and the scale they are shown on.
// The plane is the service's, so that what is drawn is what the height map says.
import { ramp } from "./ramp";

const STEPS_MM = [5, 10, 20, 50, 100, 200, 500];
const COVERED = 0.99;

/** A plane in the axes of the left camera, in millimetres; its normal points towards the camera. */
export interface Plane {
  point_mm: readonly number[];
  normal: readonly number[];
}

/** Millimetres above the plane of every point, towards the camera. */
export function heightsOf(points: Float32Array, { point_mm: from, normal }: Plane): Float32Array {
  const found = new Float32Array(points.length / 3);
  for (let at = 0; at < found.length; at += 1) {
    let height = 0;
    for (let axis = 0; axis < 3; axis += 1) {
      height += ((points[at * 3 + axis] ?? 0) - (from[axis] ?? 0)) * (normal[axis] ?? 0);
    }
    found[at] = height;
  }
  return found;
}

/** A scale from as far below the plane as above it. */
export interface HeightScale {
  /** Where the scale ends, above and below: one of few round numbers. */
  topMm: number;
  /** Share of points beyond its ends, 0 to 1. */
  beyond: number;
}

export function heightScale(heights: Float32Array): HeightScale {
  const far = heights.map(Math.abs).sort();
  const most = far[Math.min(far.length - 1, Math.floor(far.length * COVERED))] ?? 0;
  const topMm = STEPS_MM.find((step) => step >= most) ?? 500;
  const beyond = far.filter((each) => each > topMm).length;
  return { topMm, beyond: far.length === 0 ? 0 : beyond / far.length };
}

/** Numbers to write along the scale: below, on and above the plane. */
export function heightTicks({ topMm, beyond }: HeightScale): { place: number; text: string }[] {
  const [least, most] = beyond > 0 ? ["≤ ", "≥ "] : ["", ""];
  return [
    { place: 0, text: `${least}−${topMm}` },
    { place: 0.5, text: "0" },
    { place: 1, text: `${most}+${topMm}` },
  ];
}

/** Linear light of every point by its height. */
export function heightColours(heights: Float32Array, topMm: number): Float32Array {
  const found = new Float32Array(heights.length * 3);
  for (const [at, each] of heights.entries()) found.set(ramp((each / topMm + 1) / 2), at * 3);
  return found;
}
