// Trace and audit trail of the mock.
import type { AuditItem, Trace, TraceNode } from "../src/api/types";
import { ago, DAY, digest, id } from "./identifiers";

type Row = [id: string, kind: string, layer: number, title: string, detail: string];

const NODES: Row[] = [
  ["report", "report", 0, "Report R-1F2E-3D4C-5B6A", "PDF/A-3, 2 pages"], ["sign-off", "sign-off", 1, "Sign-off", "Dr Imogen Hale, approved"],
  ["assessment", "assessment", 2, "Assessment", "11 findings, 2 withheld"],
  ["inf1", "inference", 3, "Inference", "Chromophore map 1.2.0"], ["inf2", "inference", 3, "Inference", "Ridge lines 1.0.3"], ["depth", "depth", 3, "Depth, 96% complete", "pyramid-lsm/1"],
  ["rel1", "model-release", 4, "Chromophore map 1.2.0", "approved by two people"], ["rel2", "model-release", 4, "Ridge lines 1.0.3", "approved by two people"],
  ["att1", "attempt", 4, "Attempt, frontal", "AttemptSubmitted"], ["att2", "attempt", 4, "Attempt, left oblique", "AttemptSubmitted"],
  ["v1", "verdict", 5, "Accepted", "10 measurements within limits"], ["v2", "verdict", 5, "Accepted", "10 measurements within limits"],
  ["f1", "frame", 5, "Raw frame, left", digest("f1")], ["f2", "frame", 5, "Raw frame, right", digest("f2")],
  ["f3", "frame", 5, "Raw frame, left", digest("f3")], ["f4", "frame", 5, "Raw frame, right", digest("f4")],
  ["session", "session", 5, "Capture session", "Face, five views"],
  ["consent", "consent", 6, "Consent to clinical-capture", "wording 2026-1"], ["protocol", "protocol", 6, "Face, five views 3", "approved"],
  ["cal", "calibration", 6, "Calibration, 0.152 px", "target CT-118"], ["lock", "calibration-lock", 7, "Calibration locked", "Dr Imogen Hale"],
  ["light", "illumination", 6, "Illumination, 5512 K", "4 zones"], ["conf", "configuration", 6, "Configuration, firmware 2.4.1", "VP-0007"],
  ["dev", "device", 7, "Station VP-0007", "Portal M1"], ["soft", "software", 6, "Software 0.1.0", "digest recorded"],
];

export const TRACE: Trace = {
  root: "report",
  nodes: NODES.map(([name, kind, layer, title, detail], at): TraceNode => ({
    id: name, kind, layer, title, detail, seq: 899 - at * 3, at: ago(31 * DAY + at * 2), digest: digest(name), verified: name !== "cal",
    why: name === "cal" ? "Its record and signature hold, but it was invalidated on 20 November." : "Its record is in the log under the checkpoint, its content has this digest, and its signature holds.",
    stream: `${kind}-${id(900 + at)}`,
  })),
  edges: [
    ["report", "sign-off", "rests on"], ["sign-off", "assessment", "signs"], ["assessment", "inf1", "draws on"], ["assessment", "inf2", "draws on"], ["assessment", "depth", "has depth"],
    ["inf1", "rel1", "runs"], ["inf2", "rel2", "runs"], ["inf1", "att1", "on"], ["inf2", "att2", "on"], ["depth", "att1", "from"],
    ["att1", "v1", "judged"], ["att2", "v2", "judged"], ["att1", "f1", "shot"], ["att1", "f2", "shot"], ["att2", "f3", "shot"], ["att2", "f4", "shot"],
    ["att1", "session", "in"], ["att2", "session", "in"], ["session", "consent", "covered by"], ["session", "protocol", "follows"], ["session", "soft", "recorded by"],
    ["att1", "cal", "calibrated by"], ["att2", "cal", "calibrated by"], ["depth", "cal", "uses"], ["cal", "lock", "locked by"], ["att1", "light", "lit by"], ["att1", "conf", "captured with"], ["conf", "dev", "of"], ["att2", "conf", "captured with"], ["cal", "dev", "of"],
  ].map(([source, target, label]) => ({ source: source ?? "", target: target ?? "", label: label ?? "" })),
};

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
