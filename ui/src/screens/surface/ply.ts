// Reads the surfaces of our own record, strictly: what is not laid out as ours is refused.
// A general reader would draw centimetres as millimetres, and half a file as a whole one.

/** A surface of triangles, in millimetres; x right, y down, z away, as the left camera sees it. */
export interface SurfaceMesh {
  /** x, y and z of every point. */
  points: Float32Array;
  normals: Float32Array;
  /** Red, green and blue of every point, as in the stored left picture. */
  colours: Uint8Array;
  /** Standard uncertainty of the depth of every point, in millimetres; not a number where untold. */
  sigma: Float32Array;
  /** Three points of each triangle. */
  triangles: Uint32Array;
  /** Pixels of the stored left picture between neighbouring points. */
  stepPx: number;
}

/** The bytes are no surface of ours, and why. */
export class UnreadableSurface extends Error {}

const UNITS = /^comment millimetres; x right, y down, z away/m;
const POINT = [
  ...["x", "y", "z", "nx", "ny", "nz", "s", "t"].map((name) => `float ${name}`),
  ...["red", "green", "blue"].map((name) => `uchar ${name}`),
  "float sigma_mm",
];
const POINT_BYTES = 39;
const COLOUR_AT = 32;
const SIGMA_AT = 35;
const TRIANGLE_BYTES = 13;
const LONGEST_HEADER = 4_096;

export function readSurface(content: ArrayBuffer): SurfaceMesh {
  const { header, start } = headerOf(content);
  const number = (pattern: RegExp): number => Number(pattern.exec(header)?.[1] ?? Number.NaN);
  const points = number(/^element vertex (\d+)$/m);
  const triangles = number(/^element face (\d+)$/m);
  const stepPx = number(/^comment step_px (\d+)$/m);
  const properties = [...header.matchAll(/^property (.+)$/gm)].map((found) => found[1]);
  if (
    !header.startsWith("ply\nformat binary_little_endian 1.0\n") ||
    !UNITS.test(header) ||
    !(points > 0 && triangles > 0 && stepPx > 0) ||
    properties.join() !== [...POINT, "list uchar int vertex_indices"].join()
  ) {
    throw new UnreadableSurface("Its header does not describe a surface of this record.");
  }
  const facesAt = start + points * POINT_BYTES;
  if (content.byteLength !== facesAt + triangles * TRIANGLE_BYTES) {
    throw new UnreadableSurface("It is shorter or longer than its header says.");
  }
  return {
    ...readPoints(new DataView(content, start, points * POINT_BYTES), points),
    triangles: readTriangles(new DataView(content, facesAt), triangles, points),
    stepPx,
  };
}

function headerOf(content: ArrayBuffer): { header: string; start: number } {
  const beginning = new Uint8Array(content, 0, Math.min(LONGEST_HEADER, content.byteLength));
  const header = new TextDecoder("latin1").decode(beginning);
  const end = header.indexOf("end_header\n");
  if (end < 0) throw new UnreadableSurface("It has no header of a surface.");
  return { header: header.slice(0, end), start: end + "end_header\n".length };
}

function readPoints(bytes: DataView, many: number): Omit<SurfaceMesh, "triangles" | "stepPx"> {
  const points = new Float32Array(many * 3);
  const normals = new Float32Array(many * 3);
  const colours = new Uint8Array(many * 3);
  const sigma = new Float32Array(many);
  for (let at = 0; at < many; at += 1) {
    const from = at * POINT_BYTES;
    for (let axis = 0; axis < 3; axis += 1) {
      const to = at * 3 + axis;
      points[to] = bytes.getFloat32(from + axis * 4, true);
      normals[to] = bytes.getFloat32(from + 12 + axis * 4, true);
      colours[to] = bytes.getUint8(from + COLOUR_AT + axis);
    }
    const told = bytes.getFloat32(from + SIGMA_AT, true);
    sigma[at] = told > 0 && Number.isFinite(told) ? told : Number.NaN;
  }
  if (!points.every(Number.isFinite)) {
    throw new UnreadableSurface("Some of its points are nowhere.");
  }
  return { points, normals, colours, sigma };
}

function readTriangles(bytes: DataView, many: number, points: number): Uint32Array {
  const triangles = new Uint32Array(many * 3);
  for (let at = 0; at < many; at += 1) {
    const from = at * TRIANGLE_BYTES;
    if (bytes.getUint8(from) !== 3) throw new UnreadableSurface("Not all of its faces are triangles.");
    for (let corner = 0; corner < 3; corner += 1) {
      const point = bytes.getInt32(from + 1 + corner * 4, true);
      if (point < 0 || point >= points) {
        throw new UnreadableSurface("A triangle names a point that is not there.");
      }
      triangles[at * 3 + corner] = point;
    }
  }
  return triangles;
}
