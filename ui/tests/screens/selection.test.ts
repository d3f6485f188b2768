import { describe, expect, test } from "vitest";
import type { WorkItem } from "../../src/api/types";
import { awaitsText, countText, placeOf } from "../../src/screens/worklist/selection";

function item(kind: WorkItem["kind"], more: Partial<WorkItem> = {}): WorkItem {
  return {
    kind,
    state_text: kind,
    session: "s",
    subject: "p",
    pseudonym: "QH-4817",
    device_serial: "VP-0007",
    opened_at: "",
    updated_at: "",
    accepted: 0,
    rejected: 0,
    blocked: 0,
    withheld: 0,
    assessment: null,
    findings_total: 0,
    findings_reviewed: 0,
    report: null,
    report_number: null,
    flags: [],
    ...more,
  };
}

describe("the worklist", () => {
  test("a number is shown as it is, up to where it was counted", () => {
    expect(countText(0, { most: 100 })).toBe("0");
    expect(countText(99, { most: 100 })).toBe("99");
    expect(countText(100, { most: 100 })).toBe("99+");
  });

  test.each([
    [0, "Nothing awaits you"],
    [1, "1 thing awaits you"],
    [12, "12 things await you"],
    [100, "99+ things await you"],
  ])("%i lines are said in words", (mine, said) => {
    expect(awaitsText({ mine, capture: 0, review: 0, done: 0, all: mine, most: 100 })).toBe(said);
  });

  test.each([
    ["capture", {}, "/sessions/$session"],
    ["review", { assessment: "a" }, "/assessments/$assessment"],
    ["sign", { assessment: "a" }, "/assessments/$assessment/sign-off"],
    ["done", { assessment: "a", report: "r" }, "/reports/$report"],
    ["attention", { assessment: "a", report: "r" }, "/reports/$report"],
  ] as const)("%s leads to where its work is done", (kind, more, place) => {
    expect(placeOf(item(kind, more)).to).toBe(place);
  });
});
