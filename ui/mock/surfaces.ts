// A surface of the mock: a drawn face as a sheet of triangles, with the uncertainty of its depth.
import type { Depth } from "../src/api/contents";
import { digest, id } from "./identifiers";

const COLUMNS = 130;
const ROWS = 172;
const STEP_PX = 8;
const STEP_MM = 1.1;
const AWAY_MM = 470;
const POINT_BYTES = 39;
const TRIANGLE_BYTES = 13;

const PROPERTIES = [
  ...["x", "y", "z", "nx", "ny", "nz", "s", "t"].map((name) => `property float ${name}`),
  ...["red", "green", "blue"].map((name) => `property uchar ${name}`),
  "property float sigma_mm",
];

function bump(x: number, y: number, atX: number, atY: number, wide: number, high: number): number {
  return Math.exp(-(((x - atX) / wide) ** 2) - ((y - atY) / high) ** 2);
}

/** How far the face stands out at a place, in millimetres; nothing where there is no face. */
function relief(x: number, y: number): number | null {
  const round = 1 - (x / 70) ** 2 - (y / 93) ** 2;
  if (round < 0.05) return null;
  const eyes = bump(x, y, -31, -26, 15, 10) + bump(x, y, 31, -26, 15, 10);
  const brows = bump(x, y, -30, -41, 22, 7) + bump(x, y, 30, -41, 22, 7);
  const nose = bump(x, y, 0, -6, 8, 24) * 11 + bump(x, y, 0, 10, 12, 9) * 15;
  const lips = bump(x, y, 0, 35, 20, 4) * 5 + bump(x, y, 0, 44, 17, 5) * 6 - bump(x, y, 0, 39.5, 22, 1.6) * 4;
  const chin = bump(x, y, 0, 68, 18, 12) * 7 - bump(x, y, 0, 53, 18, 5) * 4;
  const cheeks = (bump(x, y, -38, 4, 19, 17) + bump(x, y, 38, 4, 19, 17)) * 5;
  return 62 * Math.sqrt(round) - eyes * 8 + brows * 5 + nose + lips + chin + cheeks;
}

type Place = [x: number, y: number, z: number];

function placeOf(column: number, row: number): Place | null {
  const [x, y] = [(column - (COLUMNS - 1) / 2) * STEP_MM, (row - (ROWS - 1) / 2) * STEP_MM];
  const out = relief(x, y);
  return out === null ? null : [x, y, AWAY_MM - out];
}

/** Towards the camera, from how the relief changes around a place. */
function normalOf([x, y]: Place): Place {
  const slope = (dx: number, dy: number): number => {
    const [ahead, behind] = [relief(x + dx, y + dy), relief(x - dx, y - dy)];
    return ahead === null || behind === null ? 0 : (ahead - behind) / 2;
  };
  const [across, down] = [slope(1, 0), slope(0, 1)];
  const length = Math.hypot(across, down, 1);
  return [-across / length, -down / length, -1 / length];
}

/** Less sure where it falls away; untold on a patch, as a method may leave it. */
function sigmaOf(place: Place): number {
  const [x, y] = place;
  if (bump(x, y, 40, 45, 9, 9) > 0.4) return Number.NaN;
  return 0.045 / Math.max(0.15, -normalOf(place)[2]) + 0.02 * bump(x, y, 0, 12, 9, 9);
}

function made(): Uint8Array<ArrayBuffer> {
  const places: Place[] = [];
  const numbers = new Map<number, number>();
  for (let at = 0; at < COLUMNS * ROWS; at += 1) {
    const place = placeOf(at % COLUMNS, Math.floor(at / COLUMNS));
    if (place === null) continue;
    numbers.set(at, places.length);
    places.push(place);
  }
  const triangles: number[][] = [];
  for (const at of numbers.keys()) {
    if (at % COLUMNS === COLUMNS - 1) continue;
    const [a, b, c, d] = [at, at + 1, at + COLUMNS, at + COLUMNS + 1].map((each) => numbers.get(each));
    if (a !== undefined && b !== undefined && c !== undefined) triangles.push([a, c, b]);
    if (b !== undefined && c !== undefined && d !== undefined) triangles.push([b, c, d]);
  }
  const header = new TextEncoder().encode(
    ["ply", "format binary_little_endian 1.0", "comment millimetres; x right, y down, z away, left camera",
      `comment step_px ${STEP_PX}`, `element vertex ${places.length}`, ...PROPERTIES,
      `element face ${triangles.length}`, "property list uchar int vertex_indices", "end_header\n"].join("\n"),
  );
  const facesAt = header.length + places.length * POINT_BYTES;
  const content = new Uint8Array(facesAt + triangles.length * TRIANGLE_BYTES);
  content.set(header);
  const bytes = new DataView(content.buffer);
  places.forEach((place, which) => {
    const from = header.length + which * POINT_BYTES;
    const red = 190 + 20 * bump(place[0], place[1], 0, 40, 20, 8);
    [...place, ...normalOf(place), 0.5, 0.5].forEach((value, at) => bytes.setFloat32(from + at * 4, value, true));
    [red, 150 - 40 * bump(place[0], place[1], 0, 40, 20, 8), 125].forEach((level, at) => bytes.setUint8(from + 32 + at, level));
    bytes.setFloat32(from + 35, sigmaOf(place), true);
  });
  triangles.forEach((corners, which) => {
    const from = facesAt + which * TRIANGLE_BYTES;
    bytes.setUint8(from, 3);
    corners.forEach((point, at) => bytes.setInt32(from + 1 + at * 4, point, true));
  });
  return content;
}

let kept: Uint8Array<ArrayBuffer> | undefined;

/** The bytes of the one surface that every attempt of the mock has. */
export function surfaceContent(): Uint8Array<ArrayBuffer> {
  kept ??= made();
  return kept;
}

/** The plane that its heights are told from, as the service gives it. */
export const PLANE = { point_mm: [0, 0, AWAY_MM - 40], normal: [0, 0, -1] };

/** What the record says of an attempt's depth and surface. */
export function depthOf(attempt: number, completeness: number): Depth {
  const settings = ["step_px=2", "unit_mm=0.01", "sigma_unit_mm=0.0001"];
  const content = (what: string, size_bytes: number, media_type = "image/png") => ({
    digest: digest(`${what} ${attempt}`), size_bytes, media_type,
  });
  return {
    calibration: id(401), depth: content("depth", 3_412_080), completeness, algorithm: "lsm-pyramid/1", settings,
    quality_flags: completeness < 0.85 ? ["face-partly-occluded", "poor-alignment"] : [],
    surface: {
      depth: content("depth", 0).digest,
      mesh: content("surface", surfaceContent().length, "model/x-ply"), uncertainty: content("uncertainty", 2_650_911),
      algorithm: "lsm-pyramid/1", settings: [...settings, `mesh_step_px=${STEP_PX}`], completeness, sigma_median_mm: 0.038,
    },
  };
}
