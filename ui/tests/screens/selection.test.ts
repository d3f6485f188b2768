import { describe, expect, test } from "vitest";
import type { WorkItem } from "../../src/api/types";
import { others, placeOf, shown } from "../../src/screens/worklist/selection";

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

const ALL = ["capture", "analysis", "review", "sign", "signed", "done", "attention", "abandoned"] as const;
const PRACTITIONER = ["sessions.operate", "assessments.review", "assessments.sign", "assessments.read"];

describe("the worklist", () => {
  test("what awaits a practitioner comes most urgent first", () => {
    const kinds = shown(ALL.map((kind) => item(kind)), "mine", "", PRACTITIONER).map((each) => each.kind);
    expect(kinds).toEqual(["attention", "sign", "review", "capture"]);
  });

  test("an operator is not asked to sign", () => {
    const kinds = shown(ALL.map((kind) => item(kind)), "mine", "", ["sessions.operate"]).map((each) => each.kind);
    expect(kinds).toEqual(["capture"]);
  });

  test("nothing is out of sight: own work and the rest together are all", () => {
    const items = ALL.map((kind) => item(kind));
    const seen = [...shown(items, "mine", "", PRACTITIONER), ...others(items, "", PRACTITIONER)];
    expect(new Set(seen)).toEqual(new Set(items));
  });

  test("search finds pseudonym, station and report number", () => {
    const items = [item("done", { report_number: "R-77AA" }), item("done", { pseudonym: "AK-1" })];
    expect(shown(items, "all", "77aa", [])).toHaveLength(1);
    expect(shown(items, "all", "ak-1", [])).toHaveLength(1);
    expect(shown(items, "all", "vp-0007", [])).toHaveLength(2);
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
