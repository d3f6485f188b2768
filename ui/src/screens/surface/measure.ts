// Numbers about a surface: its extent, how close its points lie, and straight distances with their
// uncertainty.
import type { SurfaceMesh } from "./ply";

export interface Extent {
  /** Of the box around all points: across, down and away from the camera, in millimetres. */
  sizeMm: [number, number, number];
}

export function extentOf(points: Float32Array): Extent {
  const least = [Infinity, Infinity, Infinity];
  const most = [-Infinity, -Infinity, -Infinity];
  for (const [at, value] of points.entries()) {
    const axis = at % 3;
    least[axis] = Math.min(least[axis] ?? value, value);
    most[axis] = Math.max(most[axis] ?? value, value);
  }
  const size = (axis: number): number => (most[axis] ?? 0) - (least[axis] ?? 0);
  return { sizeMm: [size(0), size(1), size(2)] };
}

/** Where to look and how far it reaches, leaving out the few points that lie far off. */
export interface Framing {
  middle: [number, number, number];
  radius: number;
}

const LOOKED_AT = 20_000;
const FAR_OFF = 0.005;

export function framingOf(points: Float32Array): Framing {
  const many = points.length / 3;
  const every = Math.max(1, Math.floor(many / LOOKED_AT));
  const sides = [0, 1, 2].map((axis) => {
    const values: number[] = [];
    for (let at = 0; at < many; at += every) values.push(points[at * 3 + axis] ?? 0);
    values.sort((one, other) => one - other);
    const last = values.length - 1;
    const low = values[Math.floor(last * FAR_OFF)] ?? 0;
    const high = values[Math.ceil(last * (1 - FAR_OFF))] ?? 0;
    return { middle: (low + high) / 2, half: (high - low) / 2 };
  });
  const [x, y, z] = sides as [Side, Side, Side];
  return {
    middle: [x.middle, y.middle, z.middle],
    radius: Math.max(1, Math.hypot(x.half, y.half)),
  };
}

type Side = { middle: number; half: number };

/** The usual distance between neighbouring points, in millimetres. */
export function spacingOf({ points, triangles }: SurfaceMesh): number {
  const lengths: number[] = [];
  const every = Math.max(1, Math.floor(triangles.length / 3 / LOOKED_AT));
  for (let at = 0; at + 2 < triangles.length; at += 3 * every) {
    // Two of the three sides run along rows and columns; the longest runs across a square.
    const sides = [0, 1, 2]
      .map((side) => distance(points, triangles[at + side] ?? 0, triangles[at + ((side + 1) % 3)] ?? 0))
      .sort((one, other) => one - other);
    lengths.push(sides[0] ?? 0, sides[1] ?? 0);
  }
  lengths.sort((one, other) => one - other);
  return lengths[Math.floor(lengths.length / 2)] ?? 0;
}

function distance(points: Float32Array, one: number, other: number): number {
  const [a, b] = [pointAt(points, one), pointAt(points, other)];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

export function pointAt(points: Float32Array, at: number): [number, number, number] {
  return [points[at * 3] ?? 0, points[at * 3 + 1] ?? 0, points[at * 3 + 2] ?? 0];
}

/** A straight distance between two points; millimetres, uncertainties as one standard deviation. */
export interface Distance {
  mm: number;
  /** From the depths of both points, as if they erred together in the worst way. */
  depthMm: number;
  /** From naming the nearest point of the surface instead of the place itself. */
  placingMm: number;
  /** Twice both together: the coverage factor is 2. */
  expandedMm: number;
}

/**
 * Returns the distance of two points, or null where the uncertainty of one is untold.
 *
 * A depth moves its point along the ray of its pixel, which passes through the origin. How two
 * depths err together is not recorded, so the sum of both effects stands for all cases.
 * Source: JCGM 100:2008, 5.2.2 (fully correlated inputs) and 4.3.7 (rectangular distribution).
 */
export function distanceOf(mesh: SurfaceMesh, one: number, other: number, spacingMm: number): Distance | null {
  const sigmas = [mesh.sigma[one] ?? Number.NaN, mesh.sigma[other] ?? Number.NaN];
  if (sigmas.some(Number.isNaN)) return null;
  const ends = [pointAt(mesh.points, one), pointAt(mesh.points, other)] as const;
  const apart = ends[0].map((value, axis) => value - (ends[1][axis] ?? 0));
  const mm = Math.hypot(...apart);
  if (mm === 0) return null;
  const depthMm = ends.reduce((sum, end, which) => {
    const along = end.reduce((dot, value, axis) => dot + (value / end[2]) * ((apart[axis] ?? 0) / mm), 0);
    return sum + Math.abs(along) * (sigmas[which] ?? 0);
  }, 0);
  const placingMm = spacingMm / Math.sqrt(6); // half a spacing to either side, at both ends
  return { mm, depthMm, placingMm, expandedMm: 2 * Math.hypot(depthMm, placingMm) };
}

const ROUND = [1, 2, 5];

/** The longest round length, in millimetres, that fits into some pixels. */
export function roundLength(mmPerPx: number, mostPx: number): number {
  const most = mmPerPx * mostPx;
  if (!(most > 0) || !Number.isFinite(most)) return 0;
  const ten = 10 ** Math.floor(Math.log10(most));
  const step = ROUND.findLast((each) => each * ten <= most) ?? 1;
  return Number((step * ten).toPrecision(1));
}
