import { describe, expect, test } from "vitest";
import { id } from "../../mock/identifiers";
import { CARDS, PROTOCOLS, subjectDetail } from "../../mock/people";
import type { Subject } from "../../src/api/types";
import { gatesAhead } from "../../src/screens/sessions/GatesAhead";

const subject = subjectDetail(id(100)) as Subject;
const [protocol = null] = PROTOCOLS;
const [ready, , quarantined] = CARDS;
const now = new Date();

function closed(change: Partial<Parameters<typeof gatesAhead>[0]>): string[] {
  const gates = gatesAhead({ subject, purpose: "clinical-capture", card: ready ?? null, protocol, ...change }, now);
  return gates.filter((gate) => !gate.passed).map((gate) => gate.gate);
}

describe("gates seen ahead", () => {
  test("all are open for a ready station and a granted purpose", () => {
    expect(closed({})).toEqual([]);
  });

  test("consent to one purpose opens no other", () => {
    expect(closed({ purpose: "teaching" })).toEqual(["consent"]);
    expect(closed({ purpose: "research" })).toEqual(["consent"]);
  });

  test("a station out of use closes its own gates, and each says what to do", () => {
    expect(closed({ card: quarantined ?? null })).toEqual(["device-identity", "calibration"]);
    const gates = gatesAhead({ subject, purpose: "marketing", card: quarantined ?? null, protocol: null }, now);
    expect(gates.every((gate) => gate.passed || (gate.evidence !== "" && gate.next_step !== ""))).toBe(true);
  });

  test("a calibration that has expired is closed, although the card is old", () => {
    const later = new Date(now.getTime() + 400 * 86_400_000);
    const gates = gatesAhead({ subject, purpose: "clinical-capture", card: ready ?? null, protocol }, later);
    expect(gates.find((gate) => gate.gate === "calibration")?.passed).toBe(false);
  });

  test("an import needs no station", () => {
    expect(closed({ card: null })).toEqual([]);
  });
});
