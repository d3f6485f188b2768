// What the record says of an attempt's depth and surface, and the files that hold them.
import { depthMapUrl, madeOfDepthUrl, surfaceUrl } from "../../api/images";
import type { Attempt, Session } from "../../api/types";
import { bytesText } from "../../quantities";

type Depth = NonNullable<Attempt["depth"]>;
export type Surface = NonNullable<Depth["surface"]>;

/** The attempt of a session, and its surface where there is one. */
export function attemptOf(detail: Session | undefined, attempt: string): Attempt | undefined {
  return detail?.attempts.find((each) => each.attempt === attempt);
}

export function surfaceOf(attempt: Attempt | undefined): Surface | null {
  return attempt?.depth?.surface ?? null;
}

/** A number among recorded settings, such as `unit_mm=0.01`. */
export function setting(settings: readonly string[], name: string): number | null {
  const found = settings.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
  const value = Number(found);
  return found === undefined || !Number.isFinite(value) ? null : value;
}

/** A file to take away. */
export interface Taken {
  name: string;
  href: string;
  /** How large it is, or that it is made when it is asked for. */
  size: string;
  contains: string;
}

const STL_START_BYTES = 84;
const STL_TRIANGLE_BYTES = 50;

/** Every file of an attempt's depth; the number of triangles tells the size of one of them. */
export function filesOf(depth: Depth, session: string, triangles: number | null): Taken[] {
  const { surface } = depth;
  const found: Taken[] = [];
  const made = "made on request";
  if (surface) {
    const { digest, size_bytes } = surface.mesh;
    found.push(
      {
        name: "Surface, PLY",
        href: surfaceUrl(digest, session, "ply"),
        size: bytesText(size_bytes),
        contains: "As recorded: points, normals, photographed colours, and the uncertainty of each depth (k = 1).",
      },
      {
        name: "Surface, OBJ",
        href: surfaceUrl(digest, session, "obj"),
        size: made,
        contains: "Points, normals and photographed colours in one file; no uncertainty.",
      },
      {
        name: "Surface, STL",
        href: surfaceUrl(digest, session, "stl"),
        size: triangles === null ? made : `${bytesText(STL_START_BYTES + STL_TRIANGLE_BYTES * triangles)}, ${made}`,
        contains: "The bare triangles; no colours, no uncertainty.",
      },
      {
        name: "Surface with photograph, ZIP",
        href: surfaceUrl(digest, session, "zip"),
        size: made,
        contains:
          "OBJ with its material, and PLY, both with the recorded left picture as texture. A look at the photograph as well.",
      },
    );
  }
  found.push({
    name: "Depth map, PNG",
    href: depthMapUrl(depth.depth.digest, session),
    size: bytesText(depth.depth.size_bytes),
    contains: `As recorded: 16-bit grey${levels(depth.settings, "unit_mm")} along the left camera's axis, 0 is no depth${cells(depth.settings)}.`,
  });
  found.push(
    {
      name: "Height map, PNG",
      href: madeOfDepthUrl(depth.depth.digest, session, "heights"),
      size: made,
      contains: `16-bit grey, height = (level − 32768) × 0.01 mm above the plane that fits this depth best, 0 is no depth${cells(depth.settings)}. The file names its plane; heights of two captures do not compare.`,
    },
    {
      name: "Normals, PNG",
      href: madeOfDepthUrl(depth.depth.digest, session, "normals"),
      size: made,
      contains: `16-bit red, green and blue for x right, y down and z away, (level − 32768) / 32767, 0 is none${cells(depth.settings)}.`,
    },
  );
  if (surface) {
    found.push({
      name: "Uncertainty of depth, PNG",
      href: depthMapUrl(surface.uncertainty.digest, session),
      size: bytesText(surface.uncertainty.size_bytes),
      contains: `As recorded: 16-bit grey${levels(surface.settings, "sigma_unit_mm")} of standard uncertainty (k = 1), 0 is untold${cells(surface.settings)}.`,
    });
  }
  return found;
}

function levels(settings: readonly string[], name: string): string {
  const unit = setting(settings, name);
  return unit === null ? ", a distance" : `, a level is ${unit} mm`;
}

function cells(settings: readonly string[]): string {
  const step = setting(settings, "step_px");
  return step === null ? "" : `, one for ${step} × ${step} pixels`;
}
