import { describe, expect, test } from "vitest";
import { touchedBy } from "../../src/api/live";

const ID = "0b1c8a52-6a55-4f4e-9d0e-1f2e3d4c5b6a";

describe("what a changed stream makes old", () => {
  test("a capture session is read again by its own identifier", () => {
    expect(touchedBy(`capture-session-${ID}`)).toEqual([["capture-session", ID]]);
  });

  test("an assessment also renews its report and its session", () => {
    expect(touchedBy(`assessment-${ID}`)).toEqual([["assessment", ID], ["report"], ["capture-session"]]);
  });

  test("a consent renews subjects, for its identifier is its own", () => {
    expect(touchedBy(`consent-${ID}`)).toEqual([["subject"]]);
  });

  test("somebody who was given or lost something renews people and oneself", () => {
    expect(touchedBy(`practitioner-${ID}`)).toEqual([["people"], ["me"]]);
  });

  test("an unknown name renews nothing", () => {
    expect(touchedBy("clinic")).toEqual([]);
  });
});
