import { describe, expect, test } from "vitest";
import { id } from "../../mock/identifiers";
import { CARDS, PROTOCOLS, subjectDetail } from "../../mock/people";
import type { DeviceCard, Subject } from "../../src/api/types";
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

  test.each([
    ["invalidated", "Calibration invalidated: the target was bent"],
    ["drifted", "The last field check failed: 0.8 px is above 0.30 px"],
    ["made with other lenses", "Cameras or lenses were changed since the calibration."],
    ["expired by the station", "The calibration has expired by the station's own clock."],
  ])("a calibration that was %s is closed, although its date lies ahead", (_, evidence) => {
    const next_step = "Calibrate the station with the target and have the calibration locked.";
    const card = { ...(ready as DeviceCard), state: "attention" as const, closed: [{ gate: "calibration", evidence, next_step }] };
    expect(closed({ card })).toEqual(["calibration"]);
    const gates = gatesAhead({ subject, purpose: "clinical-capture", card, protocol }, now);
    expect(gates.find((gate) => gate.gate === "calibration")).toMatchObject({ passed: false, evidence, next_step });
  });

  test("a station that has not said what is mounted on it is not yet the one enrolled", () => {
    const unknown = { gate: "device-identity", evidence: "No configuration was recorded.", next_step: "Start the station and wait." };
    const card = { ...(ready as DeviceCard), state: "attention" as const, closed: [unknown] };
    expect(closed({ card })).toEqual(["device-identity"]);
  });

  test("a warning closes nothing", () => {
    const reasons = ["The last light field failed: zone left: its light changed by -20.0%, allowed is 10%."];
    expect(closed({ card: { ...(ready as DeviceCard), reasons } })).toEqual([]);
  });

  test("an import needs no station", () => {
    expect(closed({ card: null })).toEqual([]);
  });
});
