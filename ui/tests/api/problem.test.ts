import { describe, expect, test } from "vitest";
import { isProblem, problemFrom, unreachable } from "../../src/api/problem";

describe("problems", () => {
  test("a problem document keeps rule, evidence and next step", () => {
    const error = problemFrom(
      { type: "urn:vultus:problem:refused", title: "A rule refused this", status: 409, detail: "d", rule: "capture.gates" },
      409,
    );
    expect([error.slug, error.status, error.problem.rule, error.message]).toEqual([
      "refused",
      409,
      "capture.gates",
      "d",
    ]);
  });

  test("the status of the answer counts, not the one inside", () => {
    expect(problemFrom({ type: "a", title: "b", status: 200, detail: "" }, 503).status).toBe(503);
  });

  test.each([null, "<html>", { detail: "x" }])("anything else becomes a problem that can be shown: %j", (body) => {
    expect(problemFrom(body, 502).slug).toBe("unexpected");
  });

  test("silence is a problem of its own", () => {
    expect(isProblem(unreachable(), 0)).toBe(true);
    expect(isProblem(new Error("other"))).toBe(false);
  });
});
