import { describe, expect, it } from "vitest";
import { grouped, mapOf } from "../../src/screens/assessments/maps";

const artefact = (name: string) => ({ attempt: "a", digest: `sha256:${name}`, inference: "i", legend: "", name });
const MAPS = ["pores", "ita-map", "unheard-of", "distance-map", "brown-spots"].map(artefact);

describe("maps of an assessment", () => {
  it("are grouped in a fixed order, what is unknown last", () => {
    expect(grouped(MAPS)).toEqual([
      { group: "Skin tone", items: [{ value: "ita-map", label: "Tone angle" }] },
      { group: "Pigmentation", items: [{ value: "brown-spots", label: "Brown spots" }] },
      { group: "Texture", items: [{ value: "pores", label: "Pores" }] },
      { group: "Change", items: [{ value: "distance-map", label: "Distance" }] },
      { group: "Other", items: [{ value: "unheard-of", label: "Unheard of" }] },
    ]);
  });

  it("are found by the finding they show", () => {
    expect(mapOf("brown-spot-area", MAPS)).toBe("brown-spots");
    expect(mapOf("pores", MAPS)).toBe("pores");
    expect(mapOf("redness-area", MAPS)).toBeNull();
    expect(mapOf("volume-change-cheek-left", MAPS)).toBe("distance-map");
  });
});
