// The audit trail of the mock.
import type { AuditItem } from "../src/api/types";
import { ago, digest, id } from "./identifiers";

const EVENTS: [string, string, string, string | null][] = [
  ["RecordViewed", "Record viewed", "practitioner", "Dr Imogen Hale"], ["AttemptJudged", "Attempt judged", "service", "quality"], ["AttemptMeasured", "Attempt measured", "service", "quality"],
  ["AttemptSubmitted", "Attempt submitted", "device", "VP-0007"], ["CaptureBlocked", "Capture blocked", "device", "VP-0007"], ["SessionOpened", "Session opened", "practitioner", "Rosa Lindqvist"],
  ["FindingAccepted", "Finding accepted", "practitioner", "Dr Imogen Hale"], ["OperatorAuthenticated", "Operator authenticated", "practitioner", "Rosa Lindqvist"], ["AuthenticationFailed", "Authentication failed", "service", "sign-in"],
  ["CheckpointSigned", "Checkpoint signed", "service", "checkpointer"], ["OutputWithheld", "Output withheld", "service", "depth"], ["IntegrityVerified", "Integrity verified", "service", "verifier"],
];

/** A report read page by page: once within a page of the trail, once across the end of one. */
const LOOKS: readonly (readonly [from: number, to: number, report: number])[] = [[1_188, 1_194, 800], [1_149, 1_158, 801]];

function lookAt(seq: number): Partial<AuditItem> | undefined {
  const looked = LOOKS.find(([from, to]) => seq >= from && seq <= to);
  return looked && {
    name: "RecordViewed", title: "Record viewed", detail: `report:${id(looked[2])}, for care`, erased: false, actor_kind: "practitioner", actor_name: "Dr Imogen Hale",
    actor: `practitioner:${id(1)}`, stream: `access-${id(1)}`, subject: null, device_sequence: null, device_time: null, received_at: null,
  };
}

export function audit(before: number, filter: { name?: string | null; stream?: string | null }): AuditItem[] {
  const items: AuditItem[] = [];
  for (let seq = before - 1; seq >= 0 && items.length < 50; seq -= 1) {
    const item = { ...line(seq), ...lookAt(seq) };
    if ((filter.name && filter.name !== item.name) || (filter.stream && filter.stream !== item.stream)) continue;
    items.push(item);
  }
  return items;
}

function line(seq: number): AuditItem {
  const [name, title, kind, actor] = EVENTS[(seq * 7) % EVENTS.length] ?? ["", "", "", null];
  const ofDevice = kind === "device";
  return {
    seq, at: ago((1_205 - seq) * 1.7), name, title, detail: name === "AttemptJudged" ? "accepted" : "", erased: seq % 31 === 0, actor_kind: kind, actor_name: actor,
    stream: `${ofDevice || name.startsWith("Attempt") ? "capture-session" : "assessment"}-${id(200 + (seq % 4))}`, correlation: id(seq), causation: seq % 3 === 0 ? seq - 1 : null,
    device_sequence: ofDevice ? 404 - (1_204 - seq) : null, device_time: ofDevice ? ago((1_205 - seq) * 1.7 + 0.2) : null, received_at: ofDevice ? ago((1_205 - seq) * 1.7 + 0.05) : null,
    actor: `${kind}:${id(3)}`, leaf: digest(`leaf ${seq}`), subject: id(100 + (seq % 4)), version: 1 + (seq % 9),
  };
}
