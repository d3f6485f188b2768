// What the service answers with, name for name as its routes declare it.

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  rule?: string;
  evidence?: string;
  next_step?: string;
  gates?: Gate[];
  stream_version?: number;
  server_time?: string;
  correlation?: string;
}

export interface Recorded {
  stream: string;
  version: number;
  seq: number;
}

export interface Me {
  practitioner: string;
  display_name: string;
  roles: string[];
  permissions: string[];
  clinic: { id: string; name: string; time_zone: string; demo: boolean };
  build: { version: string; digest: string };
  idle_seconds: number;
}

/** What anyone may know of the running service; the clinic only where it says so. */
export interface Version {
  version: string;
  build: string;
  clinic?: string;
  demo?: boolean;
}

export interface Reauthentication {
  reauthentication: string;
  valid_seconds: number;
}

export type WorkKind =
  | "capture"
  | "analysis"
  | "review"
  | "sign"
  | "signed"
  | "done"
  | "attention"
  | "abandoned";

export interface WorkItem {
  kind: WorkKind;
  state_text: string;
  session: string;
  subject: string;
  pseudonym: string;
  device_serial: string | null;
  opened_at: string;
  updated_at: string;
  accepted: number;
  rejected: number;
  blocked: number;
  withheld: number;
  assessment: string | null;
  findings_total: number;
  findings_reviewed: number;
  report: string | null;
  report_number: string | null;
  flags: string[];
}

export interface DeviceCard {
  device: string;
  serial: string;
  model: string;
  state: "ready" | "attention" | "quarantined";
  reasons: string[];
  calibration_until: string | null;
  firmware: string | null;
  last_seen_at: string | null;
  clock_offset_ms: number | null;
  last_sequence: number;
}

export interface Worklist {
  items: WorkItem[];
  devices: DeviceCard[];
  position: number;
}

export interface SubjectRow {
  subject: string;
  pseudonym: string;
  display_name: string | null;
  erased: boolean;
  sessions: number;
  last_session_at: string | null;
}

export interface Identity {
  given_name: string;
  family_name: string;
  date_of_birth: string;
  clinic_number: string;
}

export interface Consent {
  purpose: string;
  state: "granted" | "declined" | "withdrawn" | "none";
  wording_version: string | null;
  language: string | null;
  given_by: string | null;
  valid_until: string | null;
  at: string | null;
}

export interface ErasureRequest {
  reason: string;
  requested_by: string;
  requested_at: string;
  refused_because: string | null;
  digest: string | null;
}

export interface TimelineItem {
  seq: number;
  at: string;
  kind: string;
  title: string;
  detail: string;
  session: string | null;
  assessment: string | null;
  report?: string | null;
}

export interface Subject {
  subject: string;
  pseudonym: string;
  identity: Identity | null;
  erased_at: string | null;
  holds: string[];
  erasure_request: ErasureRequest | null;
  consents: Consent[];
  timeline: TimelineItem[];
  version: number;
}

export interface Wording {
  version: string;
  language: string;
  purpose: string;
  text: string;
  digest: string;
}

export interface Erased extends Recorded {
  erased: boolean;
  ground: string | null;
  certificate: string | null;
}

export interface Gate {
  gate: string;
  label?: string;
  passed: boolean;
  evidence: string;
  next_step: string;
}

export interface Region {
  frame: string;
  x_px: number;
  y_px: number;
  width_px: number;
  height_px: number;
}

export interface Measurement {
  name: string;
  label?: string;
  value: number;
  unit: string;
  method: string;
  minimum?: number | null;
  maximum?: number | null;
  passed: boolean | null;
  region?: Region | null;
  advice?: string | null;
}

export interface Reason {
  name: string;
  value: number | null;
  unit: string;
  minimum: number | null;
  maximum: number | null;
  advice: string;
  region?: Region | null;
}

export interface Frame {
  role: string;
  digest: string;
  width_px: number;
  height_px: number;
  camera_serial?: string | null;
  size_bytes: number;
  media_type: string;
}

export interface Zone {
  zone: string;
  pwm: number;
  current_ma: number;
  level: number;
  healthy: boolean;
}

export interface Conditions {
  firmware: string;
  software: string;
  calibration: string | null;
  distance_mm: number;
  exposure_us: number;
  gain: number;
  cct_k: number;
  zones: Zone[];
  temperature_c: number | null;
  fixture_engaged: boolean;
  polarised: boolean;
  colour_reference: string;
}

export interface Depth {
  digest: string;
  completeness: number;
  algorithm: string;
  quality_flags: string[];
}

export interface Attempt {
  attempt: string;
  view: string;
  number: number;
  imported: boolean;
  state: "submitted" | "measured" | "accepted" | "rejected" | "unmeasurable";
  captured_at?: string | null;
  received_at: string | null;
  committed_at: string;
  clock_offset_ms?: number | null;
  frames: Frame[];
  conditions?: Conditions | null;
  gates: Gate[];
  measurements: Measurement[];
  claims: Measurement[];
  verdict?: { acceptable: boolean; reasons: Reason[] } | null;
  failure?: { rule: string; evidence: string } | null;
  depth?: Depth | null;
  device_sequence?: number | null;
  signature_checked: boolean;
  seq: number;
}

export interface Withheld {
  attempt: string;
  output: string;
  rule: string;
  evidence: string;
  next_step: string;
}

export interface Blocked {
  at: string;
  stage: string;
  view: string | null;
  gates: Gate[];
}

export interface Prompts {
  hair_back: boolean;
  glasses_off: boolean;
  makeup: string;
  neutral_expression: boolean;
  rest_cleaned: boolean;
}

export interface SessionView {
  view: string;
  stereo: boolean;
  instruction: string;
  accepted: boolean;
}

export interface Session {
  session: string;
  subject: string;
  pseudonym: string;
  operator: { practitioner: string; display_name: string };
  device?: { device: string; serial: string } | null;
  protocol: { protocol: string; name: string; version: string };
  purpose: string;
  opened_at: string;
  state: "open" | "closed" | "abandoned";
  time_zone: string;
  prompts: Prompts;
  preconditions: Gate[];
  attempts: Attempt[];
  blocked: Blocked[];
  withheld: Withheld[];
  assessment?: string | null;
  views: SessionView[];
  version: number;
}

export interface SessionOpened extends Recorded {
  session: string;
}

export interface Calibration {
  calibration: string;
  performed_at: string;
  operator_name: string;
  target: { serial: string; certificate: string; kind: string } | string;
  reprojection_error_px: number;
  epipolar_error_px: number;
  baseline_mm: number;
  lens_configuration: string;
  temperature_c: number | null;
  passed: boolean;
  reasons: string[];
  locked_at?: string | null;
  locked_by?: string | null;
  valid_until: string;
  digest?: string | null;
  state: "locked" | "recorded" | "failed" | "expired" | "invalidated" | "superseded";
}

export interface Illumination {
  performed_at: string;
  zones: Zone[];
  exposure_target: number;
  exposure_reached: number;
  cct_k: number;
  passed: boolean;
  reasons: string[];
}

export interface FieldCheck {
  at: string;
  passed: boolean;
  epipolar_error_px?: number | null;
  limit_px?: number | null;
  reasons: string[];
}

export interface DeviceConfiguration {
  firmware: string;
  software: string;
  software_digest: string;
  cameras: { serial: string; position: string; connector: string; sensor: string }[];
  lens_configuration: string;
  baseline_mm: number;
  zones: string[];
  secure_boot: boolean;
  key_storage: string;
  polarisation: boolean;
}

export interface Device {
  card: DeviceCard;
  configuration?: DeviceConfiguration | null;
  calibrations: Calibration[];
  illumination: Illumination[];
  field_checks: FieldCheck[];
  incidents: { at: string; title: string; detail: string }[];
  sequence: { last: number; gaps: { expected: number; received: number; at?: string }[] };
  version: number;
}

export interface AcquisitionProtocol {
  protocol: string;
  name: string;
  version: string;
  state: string;
  version_number: number;
}

export interface Finding {
  finding: string;
  category: string;
  code: string;
  label: string;
  value: number | null;
  unit: string | null;
  uncertainty: number | null;
  coverage_factor: number | null;
  text: string | null;
  confidence: number;
  quality_flags: string[];
  limitations: string[];
  needs_confirmation: boolean;
  verdict: "none" | "accepted" | "amended" | "rejected";
  amended_value?: number | null;
  amended_text?: string | null;
  reason_code?: string | null;
  reason?: string | null;
  origin: {
    inference: string;
    release_name: string;
    release_version: string;
    model_digest: string;
  };
}

export interface AssessmentFrame {
  attempt: string;
  view: string;
  role: string;
  digest: string;
  session: string;
}

export interface Artefact {
  name: string;
  legend: string;
  digest: string;
  inference: string;
  attempt: string;
}

export interface Signature {
  signer_name: string;
  meaning: string;
  signed_at: string;
  digest: string;
}

export interface Flag {
  cause: string;
  reason: string;
  at?: string | null;
}

export interface Amendment {
  number: number;
  text: string;
  signer_name: string;
  meaning?: string;
  signed_at: string;
  digest: string;
}

export interface AssessmentReport {
  report: string;
  number: string;
  digest: string;
  verification_code: string;
  issued_at: string;
  flags: Flag[];
}

export interface Assessment {
  assessment: string;
  session: string;
  subject: string;
  pseudonym: string;
  state: "open" | "signed" | "reported" | "amended";
  findings: Finding[];
  frames: AssessmentFrame[];
  artefacts: Artefact[];
  withheld: Withheld[];
  contraindications: string[];
  conclusion?: string | null;
  presentation: { digest: string; json: string };
  signature?: Signature | null;
  report?: AssessmentReport | null;
  amendments: Amendment[];
  previous?: {
    assessment: string;
    session: string;
    opened_at: string;
    findings: Record<string, { value: number | null; unit: string | null; text?: string | null }>;
  } | null;
  version: number;
}

export interface Report {
  report: string;
  number: string;
  assessment: string;
  session: string;
  subject: string;
  pseudonym: string;
  digest: string;
  signed_digest: string;
  verification_code: string;
  issued_at: string;
  renderer: string;
  pages: number;
  size_bytes: number;
  signature: Signature;
  flags: Flag[];
  amendments: Amendment[];
  version: number;
}

export interface KnownCode {
  known: boolean;
  number?: string;
  issued_at?: string;
  digest?: string;
  state?: string;
}

export interface TraceNode {
  id: string;
  kind: string;
  layer: number;
  title: string;
  detail: string;
  seq?: number | null;
  at?: string | null;
  digest?: string | null;
  verified: boolean;
  why: string;
  stream?: string | null;
}

export interface TraceEdge {
  from: string;
  to: string;
  label: string;
}

export interface Trace {
  nodes: TraceNode[];
  edges: TraceEdge[];
  root: string;
}

export interface AuditItem {
  seq: number;
  at: string;
  name: string;
  title: string;
  actor_kind: string;
  actor_name?: string | null;
  stream: string;
  device_sequence?: number | null;
  received_at?: string | null;
  device_time?: string | null;
  correlation: string;
  causation?: number | null;
  erased: boolean;
  detail?: string | null;
}

export interface AuditTrail {
  items: AuditItem[];
  next?: number | null;
}

export interface LedgerHealth {
  size: number;
  root: string;
  checkpoint?: { size: number; root: string; at: string; text: string } | null;
  outside_copy?: { size: number; at: string; agrees?: boolean } | string | null;
  last_verified?: { size: number; at: string; ok: boolean; problems: string[] } | null;
  projections: { name: string; position: number; lag: number; stalled: boolean | string | null }[];
  log_key: string;
}
