// Stations, their calibrations and their protocols.
import type { Zone } from "./capture";

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
