import { describe, expect, test } from "vitest";
import type { Finding } from "../../src/api/types";
import { changeText } from "../../src/screens/assessments/FindingCard";
import { resultOf } from "../../src/screens/assessments/SignOff";
import { splitStream } from "../../src/screens/audit/AuditRow";
import { amendmentBytes, amendmentDigest } from "../../src/screens/reports/amendment";
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

  test("an amendment's digest is the one the service computes over its own bytes", async () => {
    const detail = {
      assessment: "00000000-0000-4000-8000-000000000001",
      signed_digest: `sha256:${"a".repeat(64)}`,
      amendments: [{ number: 1, text: "", signer_name: "", signed_at: "", digest: `sha256:${"b".repeat(64)}` }],
    };
    const text = 'Rötung „nachher“ \u2028 "x"\n\u00b0';
    expect(amendmentBytes(detail, text)).toContain('"number":2');
    expect(await amendmentDigest(detail, text)).toBe(
      "sha256:ddb29770a8fcb9cefac1380971213b2862b153b3ce3b4da6ac9b99d5553a826c",
    );
  });
});
