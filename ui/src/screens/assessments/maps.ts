// Which map or segmentation shows a finding, and how maps are grouped where one is chosen.
import type { Assessment } from "../../api/types";
import { words } from "../../words";

type Artefact = Assessment["artefacts"][number];

export const NO_MAP = "none";

const DISTANCES = "distance-map";
const CHANGES = "volume-change-";

const GROUPS: [string, string[]][] = [
  ["Skin tone", ["ita-map", "melanin-map", "erythema-map"]],
  ["Chromophores", ["melanin-density-map", "haemoglobin-density-map", "shading-density-map"]],
  ["Pigmentation", ["brown-spots", "redness", "hyperpigmentation"]],
  ["Texture", ["pores", "lines", "texture-contrast-map"]],
  ["Congestion", ["dark-comedone-like", "light-comedone-like", "inflammatory-like"]],
  ["Change", [DISTANCES]],
];

const SHOWN_BY: Record<string, string> = {
  ita: "ita-map",
  "melanin-index": "melanin-map",
  "erythema-index": "erythema-map",
  "melanin-density": "melanin-density-map",
  "haemoglobin-density": "haemoglobin-density-map",
  dyschromia: "melanin-density-map",
  "brown-spot-share": "brown-spots",
  "brown-spot-area": "brown-spots",
  "redness-share": "redness",
  "redness-area": "redness",
  "hyperpigmentation-share": "hyperpigmentation",
  "hyperpigmentation-area": "hyperpigmentation",
  "malar-pattern": "hyperpigmentation",
  "centrofacial-pattern": "hyperpigmentation",
  "pattern-symmetry": "hyperpigmentation",
  "melasma-like-pattern": "hyperpigmentation",
  "pore-density": "pores",
  roughness: "texture-contrast-map",
  "texture-gradient": "texture-contrast-map",
  "fine-line-length": "lines",
  "wrinkle-length": "lines",
  "wrinkle-depth": "lines",
};

/** Names the map that shows a finding, if the assessment has it. */
export function mapOf(code: string, artefacts: Artefact[]): string | null {
  const name = code.startsWith(CHANGES) ? DISTANCES : (SHOWN_BY[code] ?? code);
  return artefacts.some((each) => each.name === name) ? name : null;
}

/** Groups maps for a choice, known ones first, in a fixed order. */
export function grouped(maps: Artefact[]): { group: string; items: { value: string; label: string }[] }[] {
  const names = [...new Set(maps.map((each) => each.name))];
  const known = new Set(GROUPS.flatMap(([, each]) => each));
  return [...GROUPS, ["Other", names.filter((name) => !known.has(name))] as [string, string[]]]
    .map(([group, each]) => ({
      group,
      items: each
        .filter((name) => names.includes(name))
        .map((name) => ({ value: name, label: words(name).replace(/ map$/, "") })),
    }))
    .filter(({ items }) => items.length > 0);
}
