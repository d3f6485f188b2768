// The shapes of objects that the service passes on from the record as they stand.

export interface Region {
  frame: string;
  x_px: number;
  y_px: number;
  width_px: number;
  height_px: number;
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
  clock_offset_ms: number | null;
}

/** One measurement that lay outside its limits, and what to do about it. */
export interface Reason {
  name: string;
  value: number | null;
  unit: string;
  minimum: number | null;
  maximum: number | null;
  advice: string;
  region: Region | null;
}

export interface Verdict {
  acceptable: boolean;
  reasons: Reason[];
}

export interface Failure {
  rule: string;
  evidence: string;
}

/** Stored bytes, by what they are. */
export interface Content {
  digest: string;
  size_bytes: number;
  media_type: string;
}

/** Settings are `name=value`. Depth that an older method made has no surface. */
export interface Depth {
  calibration: string;
  depth: Content;
  completeness: number;
  algorithm: string;
  settings: string[];
  quality_flags: string[];
  surface?: Surface;
}

/** `depth` is the digest of the depth map that the surface was made of. */
export interface Surface {
  depth: string;
  mesh: Content;
  uncertainty: Content;
  algorithm: string;
  settings: string[];
  completeness: number;
  sigma_median_mm: number;
}

/** One view of the target behind a calibration; a view left out has its residual too. */
export interface CalibrationView {
  number: number;
  corners: number;
  error_px: number;
  yaw_deg: number;
  pitch_deg: number;
  distance_mm: number;
  used: boolean;
}

export interface CalibrationViews {
  views: CalibrationView[];
  coverage: number;
  missing: string[];
  rule: string;
}

/** The light on the grey target; drift is against the station's baseline, as shares. */
export interface LightField {
  at: string;
  performed_at: string;
  together: { zone: string; levels: number[][] };
  cct_k: number;
  duv: number;
  baseline: string | null;
  drift: { zone: string; level: number; pattern: number }[];
  limits: { uniformity: number; level_drift: number; pattern_drift: number; cct_drift_k: number; duv: number };
  passed: boolean;
  reasons: string[];
}

export interface Colour {
  at: string;
  performed_at: string;
  chart: { serial: string; certificate: string; kind: string };
  camera: string;
  method: string;
  patches: { patch: number; before: number | null; after: number | null; held_out: number | null; repeatability: number | null }[];
  mean_before: number;
  mean_after: number;
  worst_after: number;
  held_out_mean: number;
  limits: { mean: number; worst: number; held_out_mean: number; least_patches: number; valid_days: number };
  passed: boolean;
  reasons: string[];
  valid_until: string;
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

/** The light, calibrated; what was not measured, because no reference was in view, is null. */
export interface Illumination {
  at: string;
  performed_at: string;
  zones: (Omit<Zone, "level" | "healthy"> & { level: number | null; healthy: boolean | null })[];
  exposure_target: number;
  exposure_reached: number | null;
  cct_k: number | null;
  white_balance: { red: number; green: number; blue: number } | null;
  passed: boolean;
  reasons: string[];
}

export interface FieldCheck {
  at: string;
  performed_at: string;
  passed: boolean;
  epipolar_error_px: number;
  baseline_error_mm: number;
  evidence: string;
}

/** A defect found later in something that a report rests on. */
export interface Flag {
  cause: string;
  reason: string;
  at?: string | null;
}

/** What a claim says of one region, in the claim's unit. */
export interface RegionLimits {
  region: string;
  minimum_detectable_change: number;
  repeatability_limit: number;
  bias: number;
  test_retest_sd: number;
}

export interface StudyEvidence {
  source: "rgb" | "depth";
  study: string;
  subjects: number;
  captures: number;
  summary: string;
}

export interface ClaimContent {
  output: string;
  algorithm: string;
  unit: string;
  scope: { device_models: string[]; population: string; simulated: boolean };
  accuracy_target: number;
  accuracy_words: string;
  regions: RegionLimits[];
  least_coverage: number;
  largest_residual_mm: number;
  pair: { distance_mm: number; pose_deg: number; exposure_ratio: number; cct_k: number; days: number };
  evidence: StudyEvidence[];
}

/** What a figure of a study must reach, in one stratum, or in each level of a factor (`=*`). */
export interface StudyLimit {
  statistic: string;
  stratum: string;
  minimum: number | null;
  maximum: number | null;
  whole_interval: boolean;
}

export interface StudyPlan {
  name: string;
  version: string;
  evidence: "rgb" | "depth";
  output: string;
  unit: string;
  method: string;
  population: string;
  reference: string;
  strata: string[];
  fewest_cases: number;
  limits: StudyLimit[];
}

/** One statistic of one stratum, with its 95 % interval where it has one. */
export interface StudyFigure {
  statistic: string;
  stratum: string;
  value: number;
  lower: number | null;
  upper: number | null;
  unit: string;
  cases: number;
}

/** Whether a limit of the plan, by its number, was met in a stratum, and what was found. */
export interface StudyOutcome {
  limit: number;
  stratum: string;
  met: boolean;
  evidence: string;
}

export interface StudyResult {
  data: string;
  cases: number;
  figures: StudyFigure[];
  outcomes: StudyOutcome[];
  passed: boolean;
  report: { digest: string; size_bytes: number; media_type: string };
  software: string;
  platform: string;
  /** With what the service worked the figures out of the cases; null where they are as handed in. */
  evaluation: { method: string; software: string; platform: string } | null;
}
