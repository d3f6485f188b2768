import { describe, expect, test } from "vitest";
import type { Finding } from "../../src/api/types";
import { notReadyBecause } from "../../src/screens/assessments/readiness";

const CURRENT = { lag: 0, connection: "live" } as const;
const finding = (verdict: Finding["verdict"]) => ({ verdict }) as Finding;
const ready = { state: "open", findings: [finding("accepted"), finding("rejected")], conclusion: "Stable." } as const;

describe("signing is possible only when", () => {
  test("everything is reviewed, concluded and current", () => {
    expect(notReadyBecause({ ...ready, findings: [...ready.findings] }, CURRENT)).toBeNull();
  });

  test("no finding is left", () => {
    const detail = { ...ready, findings: [finding("none"), finding("accepted")] };
    expect(notReadyBecause(detail, CURRENT)).toBe("1 finding still to review.");
  });

  test("a conclusion was written", () => {
    expect(notReadyBecause({ ...ready, findings: [], conclusion: null }, CURRENT)).toBe("The conclusion is missing.");
  });

  test("the page is not behind the record", () => {
    const because = notReadyBecause({ ...ready, findings: [] }, { lag: 38, connection: "live" });
    expect(because).toContain("38 events behind");
  });

  test("the connection stands", () => {
    expect(notReadyBecause({ ...ready, findings: [] }, { lag: 0, connection: "lost" })).toContain("connection");
  });

  test("it was not signed before", () => {
    expect(notReadyBecause({ ...ready, findings: [], state: "reported" }, CURRENT)).toContain("already");
  });
});
