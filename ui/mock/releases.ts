// Two releases of one model: one in use, one in its shadow.
import type { Model, ModelManifest, ShadowComparison } from "../src/api/types";
import { ago, digest, id } from "./identifiers";

const LIT = id(70);
const DARK = id(71);

function release(which: string, version: string, more: Partial<Model>): Model {
  return {
    release: which,
    name: "skin-redness",
    version,
    state: "approved",
    registered_by: "Tom Hale",
    approved_by: null,
    approved_at: null,
    suspended_because: null,
    shadow_of: null,
    manifest: {
      intended_use: "Clinical decision support: describes how red skin appears.",
      input_domain: "Frontal face, colour chart measured, clean skin.",
      outputs: ["redness"],
      limitations: ["Describes appearance, not its cause."],
      contraindications: ["Not for the diagnosis or exclusion of any disease."],
      training_data: "4 200 faces of six clinics, all six skin tone classes.",
      licence: "Licensed to the clinic.",
      validation: "Accepted on 240 faces that were not used in training.",
      model: { digest: digest(`model ${version}`) },
      manifest_digest: digest(`manifest ${version}`),
    },
    ...more,
  };
}

export const MODELS: Model[] = [
  release(LIT, "1.0.0", { approved_by: "Jo Lind", approved_at: ago(60 * 24 * 30) }),
  release(DARK, "2.0.0", { state: "shadow", shadow_of: LIT }),
];

export function modelManifest(release: string): { release: string; manifest: ModelManifest } {
  const result = { output: "redness", metric: "bias", value: "0.02", low: "-0.01", high: "0.05", unit: "1", cases: 40 };
  return {
    release,
    manifest: { slot: { acceptance: ["light", "dark"].map((subgroup) => ({ subgroup, ...result })) } },
  };
}

export function comparison(release: string): ShadowComparison {
  return {
    release,
    shadow_of: LIT,
    outputs: [
      { code: "redness", unit: "1", cases: 31, not_compared: 2, bias: 0.04, sd: 0.05, low: -0.058, high: 0.138, same: null },
    ],
    refusals: { "model.age": 2 },
  };
}
