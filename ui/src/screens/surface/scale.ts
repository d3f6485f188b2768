// The scale of uncertainty: where it ends, what it says, and the colour of every point on it.
import { linear, ramp, UNTOLD } from "./ramp";

const STEPS_MM = [0.1, 0.2, 0.5, 1, 2, 5];
const COVERED = 0.95;

/** What is known of the uncertainty of a surface's points, in millimetres. */
export interface Told {
  /** Where the scale ends: one of few round numbers, so that surfaces compare by colour. */
  topMm: number;
  /** Share of points whose uncertainty is known, 0 to 1. */
  known: number;
  /** Share of the known ones that lie beyond the end of the scale. */
  beyond: number;
  /** Half of the known ones are surer than this; none is known where it is null. */
  medianMm: number | null;
}

export function told(sigma: Float32Array): Told {
  const known = sigma.filter((each) => !Number.isNaN(each)).sort();
  const most = known[Math.min(known.length - 1, Math.floor(known.length * COVERED))] ?? 0;
  const topMm = STEPS_MM.find((step) => step >= most) ?? 5;
  const beyond = known.length - lowerBound(known, topMm);
  return {
    topMm,
    known: sigma.length === 0 ? 0 : known.length / sigma.length,
    beyond: known.length === 0 ? 0 : beyond / known.length,
    medianMm: known[Math.floor(known.length / 2)] ?? null,
  };
}

/** How many of these, in order, are not above a bound. */
function lowerBound(ordered: Float32Array, bound: number): number {
  const found = ordered.findIndex((each) => each > bound);
  return found < 0 ? ordered.length : found;
}

/** Numbers to write along the scale. */
export function ticks(topMm: number): { place: number; text: string }[] {
  return [0, 0.5, 1].map((place) => ({ place, text: mm(place * topMm) }));
}

function mm(value: number): string {
  return String(Number(value.toFixed(3)));
}

/** Linear light of every point by its uncertainty; grey where that is untold. */
export function uncertaintyColours(sigma: Float32Array, topMm: number): Float32Array {
  const found = new Float32Array(sigma.length * 3);
  for (const [at, each] of sigma.entries()) {
    found.set(Number.isNaN(each) ? UNTOLD : ramp(each / topMm), at * 3);
  }
  return found;
}

/** Linear light of every point as the left camera photographed it. */
export function photographedColours(colours: Uint8Array): Float32Array {
  const levels = Float32Array.from({ length: 256 }, (_, level) => linear(level));
  return Float32Array.from(colours, (level) => levels[level] ?? 0);
}
