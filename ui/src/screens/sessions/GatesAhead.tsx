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
  const until = card.calibration_until;
  const calibrated = until !== null && new Date(until) > now;
  return [
    ...gates,
    {
      gate: "device-identity",
      passed: card.state !== "quarantined",
      evidence: card.state === "quarantined" ? (card.reasons[0] ?? "Out of use.") : `Station ${card.serial}, firmware ${card.firmware ?? "unknown"}.`,
      next_step: "Choose another station, or have this one released.",
    },
    {
      gate: "calibration",
      passed: calibrated,
      evidence: until === null ? "No locked calibration." : `Locked, valid until ${day(until)}.`,
      next_step: "Calibrate the station and have the calibration locked.",
    },
  ];
}
