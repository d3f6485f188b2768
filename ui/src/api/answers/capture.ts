// Capture sessions: gates, attempts, measurements.
import type { Recorded } from "./access";

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
