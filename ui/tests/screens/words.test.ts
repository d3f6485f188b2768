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

  test("a change is called one exactly where the service says so, beside what both values leave open", () => {
    const before = (change: number, detectable_change: number, detected: boolean) =>
      changeText({ value: 14, amended: false, compared: { change, detectable_change, detected } }, "°");
    expect(before(-10, 10.2, false)).toBe("no change beyond the uncertainty of both, 10 °");
    expect(before(-5.1, 3.1, true)).toBe("change \u22125.1 °, beyond the uncertainty of both, 3.1 °");
  });

  test("no change is told where a value states no uncertainty, and the card says why", () => {
    expect(changeText({ value: 28, amended: true, compared: null }, "1")).toMatch(/^set by the practitioner/);
    expect(changeText({ value: 28, amended: false, compared: null }, "1")).toBe(
      "without an uncertainty of both; no change is told",
    );
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
