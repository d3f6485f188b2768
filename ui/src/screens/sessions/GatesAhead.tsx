// The gates as far as they can be seen before asking; the service checks each again, and records it.
import { useState } from "react";
import type { AcquisitionProtocol, DeviceCard, Gate, Subject } from "../../api/types";
import { day } from "../../moments";
import { GateList } from "../../parts/GateList";
import { Panel } from "../../parts/Panel";
import { words } from "../../words";

interface Props {
  subject: Subject;
  purpose: string;
  card: DeviceCard | null;
  protocol: AcquisitionProtocol | null;
}

export function GatesAhead(props: Props) {
  const [now] = useState(() => new Date());
  const gates = gatesAhead(props, now);
  const open = gates.filter((gate) => gate.passed).length;
  return (
    <Panel title="Gates" aside={`${open} of ${gates.length} open`}>
      <GateList gates={gates} />
    </Panel>
  );
}

/** What the gates would say, from what the screen has read. */
export function gatesAhead(ahead: Props, now: Date): Gate[] {
  return unnamed(ahead, now).map((each) => ({ ...each, label: words(each.gate) }));
}

function unnamed({ subject, purpose, card, protocol }: Props, now: Date): Omit<Gate, "label">[] {
  const consent = subject.consents.find((each) => each.purpose === purpose);
  const granted = consent?.state === "granted";
  const gates: Omit<Gate, "label">[] = [
    {
      gate: "consent",
      passed: granted,
      evidence: granted
        ? `${words(purpose)} granted${consent.at === null ? "" : ` on ${day(consent.at)}`}, wording ${consent.wording_version ?? ""}.`
        : `${words(purpose)}: ${consent?.state === undefined || consent.state === "none" ? "not asked" : consent.state}.`,
      next_step: "Ask for consent on the subject’s page.",
    },
    {
      gate: "protocol",
      passed: protocol !== null,
      evidence: protocol === null ? "None chosen." : `${protocol.name}, version ${protocol.version}, approved.`,
      next_step: "Choose an approved protocol.",
    },
  ];
  if (card === null) return gates;
  return [...gates, identity(card), calibration(card, now)];
}

function identity(card: DeviceCard): Omit<Gate, "label"> {
  const open = `Station ${card.serial}, firmware ${card.firmware ?? "unknown"}.`;
  return closed(card, "device-identity") ?? { gate: "device-identity", passed: true, evidence: open, next_step: "" };
}

/** A card is read once and stays a while, so a calibration may end although the card says nothing. */
function calibration(card: DeviceCard, now: Date): Omit<Gate, "label"> {
  const until = card.calibration_until;
  const refused = closed(card, "calibration");
  if (refused !== null) return refused;
  const passed = until !== null && new Date(until) > now;
  return {
    gate: "calibration",
    passed,
    evidence: until === null ? "No locked calibration." : `Locked, valid until ${day(until)}.`,
    next_step: passed ? "" : "Calibrate the station with the target and have the calibration locked.",
  };
}

/** What the service found against a gate of the station, in its own words. */
function closed(card: DeviceCard, gate: string): Omit<Gate, "label"> | null {
  const found = card.closed.filter((each) => each.gate === gate);
  if (found.length === 0) return null;
  return {
    gate,
    passed: false,
    evidence: found.map((each) => each.evidence).join(" "),
    next_step: found[0]?.next_step ?? "",
  };
}
