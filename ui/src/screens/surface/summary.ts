// What a surface is, in words and numbers, for those who do not see it drawn.
import { number } from "../../words";
import { extentOf, spacingOf } from "./measure";
import type { SurfaceMesh } from "./ply";
import { type Told, told } from "./scale";

export interface Summary {
  points: number;
  triangles: number;
  /** Across, down and away, in millimetres. */
  sizeMm: readonly [number, number, number];
  spacingMm: number;
  stepPx: number;
  told: Told;
}

export function summaryOf(mesh: SurfaceMesh): Summary {
  return {
    points: mesh.points.length / 3,
    triangles: mesh.triangles.length / 3,
    sizeMm: extentOf(mesh.points).sizeMm,
    spacingMm: spacingOf(mesh),
    stepPx: mesh.stepPx,
    told: told(mesh.sigma),
  };
}

export function boxText({ sizeMm }: Summary): string {
  return `${sizeMm.map((each) => each.toFixed(0)).join(" × ")} mm`;
}

/** A share in per cent; what is not quite all or nothing never reads as if it were. */
export function shareText(share: number): string {
  if (share > 0 && share < 0.001) return "less than 0.1 %";
  if (share > 0.999 && share < 1) return "more than 99.9 %";
  return `${Number((share * 100).toFixed(1))} %`;
}

/** The text that stands for the drawing. */
export function inWords(summary: Summary): string {
  const { points, triangles, told: about } = summary;
  return (
    `${number(points)} points, ${number(triangles)} triangles, in a box of ${boxText(summary)} ` +
    `across, down and away; uncertainty known of ${shareText(about.known)} of the points`
  );
}
