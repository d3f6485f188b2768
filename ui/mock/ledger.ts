// The audit trail of the mock.
import type { AuditItem } from "../src/api/types";
import { ago, digest, id } from "./identifiers";

const EVENTS: [string, string, string, string | null][] = [
  ["RecordViewed", "Record viewed", "practitioner", "Dr Imogen Hale"], ["AttemptJudged", "Attempt judged", "service", "quality"], ["AttemptMeasured", "Attempt measured", "service", "quality"],
  ["AttemptSubmitted", "Attempt submitted", "device", "VP-0007"], ["CaptureBlocked", "Capture blocked", "device", "VP-0007"], ["SessionOpened", "Session opened", "practitioner", "Rosa Lindqvist"],
  ["FindingAccepted", "Finding accepted", "practitioner", "Dr Imogen Hale"], ["OperatorAuthenticated", "Operator authenticated", "practitioner", "Rosa Lindqvist"], ["AuthenticationFailed", "Authentication failed", "service", "sign-in"],
  ["CheckpointSigned", "Checkpoint signed", "service", "checkpointer"], ["OutputWithheld", "Output withheld", "service", "depth"], ["IntegrityVerified", "Integrity verified", "service", "verifier"],
];

export function audit(before: number, filter: { name?: string | null; stream?: string | null }): AuditItem[] {
  const items: AuditItem[] = [];
  for (let seq = before - 1; seq >= 0 && items.length < 50; seq -= 1) {
    const [name, title, kind, actor] = EVENTS[(seq * 7) % EVENTS.length] ?? ["", "", "", null];
    const stream = `${kind === "device" || name.startsWith("Attempt") ? "capture-session" : "assessment"}-${id(200 + (seq % 4))}`;
    if ((filter.name && filter.name !== name) || (filter.stream && filter.stream !== stream)) continue;
    items.push({
      seq, at: ago((1_205 - seq) * 1.7), name, title, detail: name === "AttemptJudged" ? "accepted" : "", erased: seq % 31 === 0, actor_kind: kind, actor_name: actor, stream, correlation: id(seq), causation: seq % 3 === 0 ? seq - 1 : null,
      device_sequence: kind === "device" ? 404 - (1_204 - seq) : null, device_time: kind === "device" ? ago((1_205 - seq) * 1.7 + 0.2) : null,
      received_at: kind === "device" ? ago((1_205 - seq) * 1.7 + 0.05) : null,
      actor: `${kind}:${id(3)}`, leaf: digest(`leaf ${seq}`), subject: id(100 + (seq % 4)), version: 1 + (seq % 9),
    });
  }
  return items;
}
