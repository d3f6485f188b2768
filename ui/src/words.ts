// Permanent words of the record, as people say them.
import type { Purpose } from "./api/types";

const WORDS: Record<string, string> = {
  "clinical-capture": "Clinical capture",
  "ai-analysis": "Analysis by software",
  "referrer-sharing": "Sharing with the referrer",
  teaching: "Teaching",
  research: "Research",
  marketing: "Marketing",
  operator: "Operator",
  practitioner: "Practitioner",
  "quality-manager": "Quality manager",
  auditor: "Auditor",
  "privacy-officer": "Privacy officer",
  administrator: "Administrator",
  consent: "Consent",
  "device-identity": "Station identity",
  calibration: "Calibration",
  versions: "Software versions",
  protocol: "Protocol",
  fixture: "Chin and forehead rest",
  distance: "Distance",
  alignment: "Alignment",
  baseline: "Camera baseline",
  illumination: "Illumination",
  "colour-reference": "Colour reference",
  opening: "before the session opened",
  station: "at the station",
  receipt: "when it was received",
  left: "Left camera",
  right: "Right camera",
  single: "Single camera",
  "volume-change": "Volume change",
  "depth-map": "Depth map",
  "stereo-geometry": "Distance, pose and depth",
  "skin-tone": "Skin tone",
  "ita-map": "Tone angle map",
  lines: "Lines and wrinkles",
  "dark-comedone-like": "Dark comedone-like dots",
  "light-comedone-like": "Light comedone-like dots",
  "inflammatory-like": "Inflammatory-like red spots",
  authored: "I wrote this",
  reviewed: "I reviewed this",
  approved: "I approve this",
  "not-supported": "The image does not support it",
  "outside-region": "It lies outside the region",
  artefact: "It is an artefact of the capture",
  "clinical-judgement": "My clinical judgement differs",
  other: "Another reason, given below",
};

/** Says a permanent word: `left-oblique` is "Left oblique". */
export function words(code: string): string {
  const known = WORDS[code];
  if (known !== undefined) return known;
  const plain = code.replaceAll("-", " ").replaceAll("_", " ");
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

/** Reasons offered when a finding is amended or rejected. */
export const REVIEW_REASONS = [
  "clinical-judgement",
  "not-supported",
  "artefact",
  "outside-region",
  "other",
] as const;

export const PURPOSES: readonly Purpose[] = [
  "clinical-capture",
  "ai-analysis",
  "referrer-sharing",
  "teaching",
  "research",
  "marketing",
];

/** A number of things, as people write it here. */
export function number(many: number): string {
  return many.toLocaleString("en-AU");
}

/** Joins what there is: "1 attempt", "2 attempts". */
export function count(many: number, singular: string, plural = `${singular}s`): string {
  return `${number(many)} ${many === 1 ? singular : plural}`;
}
