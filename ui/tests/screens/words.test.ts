import { describe, expect, test } from "vitest";
import type { Finding } from "../../src/api/types";
import { changeText, shortText } from "../../src/screens/assessments/FindingCard";
import { resultOf } from "../../src/screens/assessments/SignOff";
import { splitStream } from "../../src/screens/audit/AuditRow";
import { words } from "../../src/words";

describe("words", () => {
  test("permanent words are said in plain ones", () => {
    expect(words("left-oblique")).toBe("Left oblique");
    expect(words("ai-analysis")).toBe("Analysis by software");
  });

  test("a change inside the uncertainty of both values is not called a change", () => {
    expect(changeText(3.0, 2.2)).toBe("no change beyond the uncertainty");
    expect(changeText(-5.1, 2.2)).toBe("change \u22125.1, beyond the uncertainty");
  });

  test("an amended finding shows both values", () => {
    const finding = { value: 28.71, unit: "1", uncertainty: 2.2, verdict: "amended", amended_value: 26.5 } as Finding;
    expect(resultOf(finding)).toBe("26.5 (measured 28.7 ± 2.2)");
  });

  test("a stream's name falls into kind and identifier", () => {
    const id = "0b1c8a52-6a55-4f4e-9d0e-1f2e3d4c5b6a";
    expect(splitStream(`capture-session-${id}`)).toEqual(["capture-session", id]);
    expect(splitStream("clinic")).toEqual(["clinic", ""]);
  });

  test("a finding in words is short in the list and whole in its details", () => {
    expect(shortText("tan")).toBe("tan");
    expect(shortText("Tone is varied: areas of 32 px differ from the mean colour.")).toBe("Tone is varied");
    expect(shortText(`A ${"very ".repeat(9)}long clause`)).toHaveLength(32);
    expect(shortText(null)).toBe("");
  });
});
