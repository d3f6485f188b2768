// Where each kind of node stands in the drawing, and what many of a kind are called.
import { words } from "../../words";

/** The way from the report to the raw frames, top to bottom; kinds of one step stand together. */
export const WAY: readonly (readonly string[])[] = [
  ["report", "amendment", "sign-off", "assessment"],
  ["finding"],
  ["inference", "change"],
  ["depth", "verdict"],
  ["attempt"],
  ["frame"],
];

export interface Block {
  side: "left" | "right";
  title: string;
  kinds: readonly string[];
}

/** What stands beside the way, block by block. */
export const BESIDE: readonly Block[] = [
  {
    side: "left",
    title: "Models and claims",
    kinds: ["model-release", "model-approval", "model-list", "claim", "claim-validation"],
  },
  { side: "left", title: "Consent", kinds: ["consent"] },
  { side: "left", title: "Software", kinds: ["software"] },
  { side: "right", title: "Session and protocol", kinds: ["session", "protocol"] },
  { side: "right", title: "Calibration and light", kinds: ["calibration-lock", "calibration", "illumination"] },
  { side: "right", title: "Station", kinds: ["configuration", "device", "firmware", "station-software"] },
];

/** Where a kind goes that has no place of its own yet: shown all the same, never left out. */
export const ALSO: Block = { side: "right", title: "Also", kinds: [] };

/** From how many of one kind on they are drawn as one card that opens. */
export function groupsFrom(kind: string): number {
  if (kind === "attempt" || kind === "frame") return 5;
  return WAY.some((step) => step.includes(kind)) ? 3 : 2;
}

const NAMES: Record<string, string> = {
  "sign-off": "Sign-off",
  frame: "Raw frame",
  "model-release": "Model",
  "model-list": "Models in force",
  device: "Station",
  configuration: "Configuration",
};

/** What one of a kind is called. */
export function kindName(kind: string): string {
  return NAMES[kind] ?? words(kind);
}

const MANY: Record<string, string> = {
  depth: "depth maps and surfaces",
  verdict: "quality verdicts",
  change: "changes",
  consent: "consents",
  "model-list": "lists of models",
  illumination: "light calibrations",
  firmware: "firmware versions",
  software: "builds",
  "station-software": "station builds",
};

/** What several of a kind are called. */
export function manyOf(kind: string): string {
  return MANY[kind] ?? `${kindName(kind).toLowerCase()}s`;
}

const ORDER = [...WAY.flat(), ...BESIDE.flatMap((block) => block.kinds)];

/** Kinds in the order in which they are read: down the way, then what stands beside it. */
export function byKind(one: string, other: string): number {
  const place = (kind: string) => (ORDER.includes(kind) ? ORDER.indexOf(kind) : ORDER.length);
  return place(one) - place(other) || one.localeCompare(other);
}
