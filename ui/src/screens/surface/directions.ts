// Where one looks from, in the words of capture views; left and right are the person's own.

/** A place on a sphere around the surface: degrees to the person's left, and up. */
export interface Direction {
  leftDeg: number;
  upDeg: number;
}

export interface Named extends Direction {
  name: string;
  label: string;
  key: string;
}

const FRONT = { leftDeg: 0, upDeg: 0 };

/** The directions of a capture protocol; key 0 goes back to how it was captured. */
export const DIRECTIONS: readonly Named[] = [
  { name: "right-lateral", label: "Right lateral", leftDeg: -90, upDeg: 0, key: "1" },
  { name: "right-oblique", label: "Right oblique", leftDeg: -45, upDeg: 0, key: "2" },
  { name: "frontal", label: "Frontal", ...FRONT, key: "3" },
  { name: "left-oblique", label: "Left oblique", leftDeg: 45, upDeg: 0, key: "4" },
  { name: "left-lateral", label: "Left lateral", leftDeg: 90, upDeg: 0, key: "5" },
];

/**
 * The directions of one capture view. Only where the face looked into the camera is it known from
 * where it would be seen; another view fixes no angle, so that directions are from the camera's.
 */
export function directionsOf(view: string): readonly Named[] {
  if (view === "frontal") return DIRECTIONS;
  return DIRECTIONS.map((each) =>
    each.name === "frontal"
      ? { ...each, name: "captured", label: "As captured" }
      : { ...each, label: `${Math.abs(each.leftDeg)}° ${each.leftDeg > 0 ? "left" : "right"}` },
  );
}

const ALIKE_DEG = 0.5;

export function isAt(one: Direction, other: Direction): boolean {
  return (
    Math.abs(one.leftDeg - other.leftDeg) < ALIKE_DEG && Math.abs(one.upDeg - other.upDeg) < ALIKE_DEG
  );
}

/** Says from where a surface is seen. */
export function seenFrom({ leftDeg, upDeg }: Direction, view: string): string {
  const left = Math.round(leftDeg);
  const up = Math.round(upDeg);
  const parts = [
    left === 0 ? null : `${Math.abs(left)}° to the person's ${left > 0 ? "left" : "right"}`,
    up === 0 ? null : `${Math.abs(up)}° ${up > 0 ? "above" : "below"}`,
  ].filter((each) => each !== null);
  if (parts.length === 0) return view === "frontal" ? "Seen from the front" : "Seen as captured";
  return `Seen from ${parts.join(", ")}`;
}
