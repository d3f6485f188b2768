// People and stations of the mock.
import type { AcquisitionProtocol, Claim, Device, DeviceCard, Me, Subject, SubjectRow } from "../src/api/types";
import { PURPOSES } from "../src/words";
import { picturesOf } from "./checks";
import { ago, DAY, digest, id } from "./identifiers";

const ALL = [
  "signed-in", "worklist.read", "subjects.read", "subjects.identify", "subjects.enrol",
  "subjects.hold", "erasure.request", "erasure.approve", "consents.record", "sessions.read",
  "sessions.operate", "images.view", "assessments.read", "assessments.review", "assessments.sign",
  "reports.read", "bundles.export", "devices.read", "devices.service", "calibrations.lock",
  "protocols.read", "models.read", "models.register", "models.approve", "trace.read", "audit.read", "ledger.read", "ledger.verify",
  "practitioners.read", "practitioners.administer", "claims.read", "claims.validate", "studies.read", "studies.run", "studies.approve",
];

export const ME: Me = {
  practitioner: id(1),
  display_name: "Dr Imogen Hale",
  roles: ["practitioner", "quality-manager"],
  permissions: ALL,
  clinic: { id: id(2), name: "Harbour Street Clinic", time_zone: "Australia/Sydney", demo: true },
  build: { version: "0.1.0", digest: digest("build") },
  idle_seconds: 900,
  owes_password: false,
  password_from: null,
};

export const STATION = id(10);

export const CLAIMS: Claim[] = [{
  claim: id(720), output: "volume-change", label: "validated on simulated heads only, not for clinical use",
  state: "registered", digest: digest("claim"), registered_by: "Jo Lind",
  validated_by: null, validated_at: null, withdrawn_because: null,
  content: {
    output: "volume-change", algorithm: "volume-change/1", unit: "cm³",
    scope: { device_models: ["Portal M1, simulated"], population: "Two simulated heads; no people", simulated: true },
    accuracy_target: 0.05, accuracy_words: "Mean error of each region",
    regions: [
      { region: "cheek-left", minimum_detectable_change: 0.18, repeatability_limit: 0.18, bias: -0.032, test_retest_sd: 0.09 },
      { region: "chin", minimum_detectable_change: 0.14, repeatability_limit: 0.14, bias: 0.027, test_retest_sd: 0.07 },
    ],
    least_coverage: 0.6, largest_residual_mm: 0.2,
    pair: { distance_mm: 5, pose_deg: 3, exposure_ratio: 1.1, cct_k: 200, days: 366 },
    evidence: [{ source: "depth", study: digest("result 1"), subjects: 2, captures: 10, summary: "Fourteen pairs of captures" }],
  },
}];

export const CARDS: DeviceCard[] = [
  {
    device: STATION, serial: "VP-0007", model: "Portal M1", state: "ready",
    reasons: [], closed: [], calibration_until: ago(-21 * DAY), firmware: "2.4.1",
    last_seen_at: ago(0.3), clock_offset_ms: 12, last_sequence: 418,
  },
  {
    device: id(11), serial: "VP-0012", model: "Portal M1", state: "ready",
    reasons: ["The calibration expires within three days.", "The clock is +6.2 s from ours."],
    closed: [], calibration_until: ago(-2 * DAY), firmware: "2.4.1", last_seen_at: ago(95),
    clock_offset_ms: 6_210, last_sequence: 203,
  },
  {
    device: id(12), serial: "VP-0003", model: "Portal M0", state: "quarantined",
    reasons: ["Out of use: right camera came loose after transport.", "There is no locked calibration."],
    closed: [
      { gate: "device-identity", evidence: "Out of use: right camera came loose after transport.", next_step: "Have the cause removed and the station put back into use." },
      { gate: "calibration", evidence: "There is no locked calibration.", next_step: "Calibrate the station with the target and have the calibration locked." },
    ],
    calibration_until: null, firmware: "2.3.9", last_seen_at: ago(4 * DAY),
    clock_offset_ms: -310, last_sequence: 77,
  },
];

const NAMES = ["Quartz Heron", "Amber Kestrel", "Slate Curlew", "Ivory Dotterel", "Cobalt Ibis"];

export const SUBJECTS: SubjectRow[] = NAMES.map((name, at) => ({
  subject: id(100 + at),
  pseudonym: `${name.split(" ").map((word) => word[0]).join("")}-${4_817 + at * 311}`,
  display_name: ["Alma Whitford", "Joan Petrakis", "Wes Tanaka", "Nadia Brookes", null][at] ?? null,
  erased: at === 4,
  sessions: [4, 2, 1, 3, 2][at] ?? 0,
  last_session_at: ago([30, 140, 2_000, 12_000, 90_000][at] ?? 0),
}));

export function subjectDetail(subject: string): Subject | undefined {
  const at = SUBJECTS.findIndex((row) => row.subject === subject);
  const row = SUBJECTS[at];
  if (row === undefined) return undefined;
  const states = ["granted", "granted", "declined", "none", "withdrawn", "none"] as const;
    return {
    subject, pseudonym: row.pseudonym,
    identity: row.erased || row.display_name === null ? null : {
      given_name: row.display_name.split(" ")[0] ?? "", family_name: row.display_name.split(" ")[1] ?? "",
      date_of_birth: "1979-03-14", clinic_number: `HS-${20_331 + at}`,
    },
    erased_at: row.erased ? ago(30 * DAY) : null,
    holds: at === 1 ? ["Complaint 2026-14"] : [],
    erasure_request: at === 3 ? {
      reason: "The client asked for everything to be erased after moving away.",
      requested_by: "Rosa Lindqvist", requested_at: ago(2 * DAY), refused_because: null, digest: digest("erasure"),
    } : null,
    consents: PURPOSES.map((purpose, which) => ({
      purpose, state: states[which] ?? "none", wording_version: "2026-1",
      language: "en-AU", given_by: "subject", at: ago(3 * DAY + which * 3),
      valid_until: which < 2 ? ago(-362 * DAY) : null,
    })).filter(({ state }) => state !== "none"),
    timeline: [
      { seq: 1_204, at: ago(22), kind: "AttemptJudged", title: "Attempt judged", detail: "service", session: id(200), assessment: null },
      { seq: 1_198, at: ago(26), kind: "AttemptSubmitted", title: "Attempt submitted", detail: "device", session: id(200), assessment: null },
      { seq: 1_190, at: ago(30), kind: "SessionOpened", title: "Session opened", detail: "practitioner", session: id(200), assessment: null },
      { seq: 902, at: ago(31 * DAY), kind: "ReportIssued", title: "Report issued", detail: "service", session: null, assessment: id(303) },
      { seq: 899, at: ago(31 * DAY + 2), kind: "AssessmentSignedOff", title: "Assessment signed off", detail: "practitioner", session: null, assessment: id(303) },
      { seq: 861, at: ago(31 * DAY + 40), kind: "CaptureBlocked", title: "Capture blocked", detail: "device", session: id(203), assessment: null },
      { seq: 858, at: ago(31 * DAY + 44), kind: "SessionOpened", title: "Session opened", detail: "practitioner", session: id(203), assessment: null },
      { seq: 402, at: ago(80 * DAY), kind: "ConsentGranted", title: "Consent granted", detail: "practitioner", session: null, assessment: null },
      { seq: 400, at: ago(80 * DAY + 3), kind: "SubjectEnrolled", title: "Subject enrolled", detail: "practitioner", session: null, assessment: null },
    ],
    timeline_next: 400,
    version: 7,
  };
}

const TEXTS: Record<string, string> = {
  "clinical-capture": "I agree that the clinic takes standardised photographs and depth measurements of my face and keeps them, encrypted, as part of my clinical record for as long as the law requires such records to be kept. Only people who care for me, and those who check the quality of that care, may look at them; every look is recorded.",
  "ai-analysis": "I agree that software measures my photographs, for example the colour of my skin. What it finds is only an aid: a practitioner reviews every finding, and decides. It is not a diagnosis.",
  "referrer-sharing": "I agree that the clinic shares my report with the practitioner who referred me, by a link that ends after seven days.",
  teaching: "I agree that my photographs are shown, without my name, to teach people who work at this clinic. My face may be recognised.",
  research: "I agree that my photographs and measurements are used, without my name, in research that an ethics committee has approved.",
  marketing: "I agree that the clinic shows the photographs I have chosen in its own advertising. What has been published cannot always be called back.",
};

export const WORDINGS = Object.entries(TEXTS).map(([purpose, text]) => ({
  version: "2026-1", language: "en-AU", purpose,
  text: `${text} You may say no, and you may take this back at any time; neither changes how you are cared for.`,
  digest: digest(purpose),
}));

const zones = (drift: number) => ["left", "right", "top", "bottom"].map((zone, at) => ({
  zone, pwm: 0.62 + at * 0.01, current_ma: 348 + at * 4, level: 1 + drift * (at - 1.5), healthy: Math.abs(drift * (at - 1.5)) < 0.06,
}));

export function deviceDetail(device: string): Device | undefined {
  const card = CARDS.find((each) => each.device === device);
  if (card === undefined) return undefined;
  const calibration = (at: number, state: Device["calibrations"][number]["state"], error: number, epipolar: number) => ({
    calibration: id(400 + at), performed_at: ago(at * 27 * DAY + 300), operator_name: "Rosa Lindqvist",
    target_serial: "CT-118", target_certificate: "NMI-2026-0443", view_errors_px: [error, error], invalidated_because: null,
    views: state === "expired" ? null : {
      coverage: 0.81, missing: [], rule: "more than 3 times the median of 0.140 px and above 0.1 px",
      views: [0, 1, 2].map((number) => ({
        number, corners: 48 - number, error_px: number === 2 ? 0.9 : error, yaw_deg: 20 - number * 20, pitch_deg: number * 6 - 6,
        distance_mm: 450 + number * 9, used: number !== 2,
      })),
    },
    notes: state === "superseded" ? ["Another calibration was locked after it, and is used in its place."]
      : state === "locked" ? ["It expires in 3 days; depth is withheld from then on until another is locked."] : [],
    reprojection_error_px: error, epipolar_error_px: epipolar, baseline_mm: 80.02 + at * 0.013,
    lens_configuration: "16 mm f/4, focus 450 mm", temperature_c: 23.4 + at * 0.3, passed: state !== "failed",
    reasons: state === "failed" ? ["epipolar error 0.612 px is above 0.300 px"] : [],
    locked_at: state === "locked" || state === "superseded" ? ago(at * 27 * DAY + 280) : null,
    locked_by: state === "locked" || state === "superseded" ? "Dr Imogen Hale" : null,
    valid_until: ago(at * 27 * DAY - 30 * DAY), digest: digest(`calibration ${at}`), state,
  });
  return {
    card,
    configuration: {
      firmware: card.firmware ?? "", software: "0.1.0", software_digest: digest("station"),
      cameras: [
        { serial: "C-88121", position: "left", connector: "J1", sensor: "IMX477" },
        { serial: "C-88140", position: "right", connector: "J2", sensor: "IMX477" },
      ],
      lens_configuration: "16 mm f/4, focus 450 mm", baseline_mm: 80, zones: ["left", "right", "top", "bottom"],
      secure_boot: true, key_storage: "secure-element", polarisation: false,
    },
    calibrations: [
      calibration(0, "recorded", 0.141, 0.118), calibration(1, "locked", 0.152, 0.131),
      calibration(2, "failed", 0.344, 0.612), calibration(3, "superseded", 0.149, 0.122),
      calibration(4, "expired", 0.138, 0.109), calibration(5, "expired", 0.133, 0.101),
    ],
    illumination: [
      { at: ago(34), performed_at: ago(34), zones: zones(0.012), exposure_target: 0.18, exposure_reached: 0.181, cct_k: 5_512, white_balance: { red: 1.92, green: 1, blue: 1.58 }, passed: true, reasons: [] },
      { at: ago(DAY), performed_at: ago(DAY), zones: zones(0.045), exposure_target: 0.18, exposure_reached: 0.172, cct_k: 5_468, white_balance: { red: 1.93, green: 1, blue: 1.57 }, passed: false, reasons: ["zone bottom is 6.8 % above target"] },
    ],
    light_fields: [{
      at: ago(33), performed_at: ago(33), together: { zone: "all", levels: [[0.41, 0.43, 0.41], [0.43, 0.45, 0.43], [0.4, 0.43, 0.41]] },
      cct_k: 5_522, duv: 0.0031, baseline: ago(80 * DAY), passed: true, reasons: [],
      drift: ["left", "right", "top", "bottom"].map((zone, at) => ({ zone, level: -0.012 * at, pattern: 0.004 + at * 0.001 })),
      limits: { uniformity: 0.6, level_drift: 0.1, pattern_drift: 0.05, cct_drift_k: 200, duv: 0.01 },
    }],
    self_checks: [0.19, 0.17, 0.22, 0.18, 0.41, 0.16, 0.15, 0.17].map((value, at) => ({ at: ago(40 + at * 300), value, unit: "px", passed: value < 0.3 })),
    colour: [{
      at: ago(32), performed_at: ago(32), chart: { serial: "CC-204", certificate: "NMI-2026-0511", kind: "colorchecker-24-2014" },
      camera: "C-88121", method: "linear/1", mean_before: 2.31, mean_after: 0.84, worst_after: 2.2, held_out_mean: 0.97,
      patches: Array.from({ length: 24 }, (_, patch) => ({ patch, before: 1.6 + (patch % 5) * 0.4, after: 0.4 + (patch % 7) * 0.3, held_out: 0.97, repeatability: 0.1 })),
      limits: { mean: 1.5, worst: 4, held_out_mean: 2, least_patches: 22, valid_days: 30 }, passed: true, reasons: [], valid_until: ago(-29 * DAY),
    }],
    field_checks: [
      { at: ago(200), performed_at: ago(200), passed: true, epipolar_error_px: 0.14, baseline_error_mm: 0.02, evidence: "epipolar error 0.14 px, limit 0.3 px" },
      { at: ago(DAY + 200), performed_at: ago(DAY + 200), passed: true, epipolar_error_px: 0.16, baseline_error_mm: 0.02, evidence: "epipolar error 0.16 px, limit 0.3 px" },
      { at: ago(2 * DAY + 210), performed_at: ago(2 * DAY + 210), passed: true, epipolar_error_px: 0.15, baseline_error_mm: 0.02, evidence: "epipolar error 0.15 px, limit 0.3 px" },
      { at: ago(3 * DAY + 190), performed_at: ago(3 * DAY + 190), passed: false, epipolar_error_px: 0.37, baseline_error_mm: 0.02, evidence: "epipolar error 0.37 px, limit 0.3 px" },
      { at: ago(4 * DAY + 220), performed_at: ago(4 * DAY + 220), passed: true, epipolar_error_px: 0.21, baseline_error_mm: 0.02, evidence: "epipolar error 0.21 px, limit 0.3 px" },
    ],
    pictures: picturesOf(card.device),
    incidents: [
      { seq: 1_011, kind: "DeviceSequenceGapFound", at: ago(3 * DAY), title: "Statements are missing", detail: "Number 381 was due, 383 came." },
      { seq: 940, kind: "DeliveryRefused", at: ago(9 * DAY), title: "Delivery refused: consent.withdrawn", detail: "The consent was withdrawn before the capture arrived." },
    ],
    gaps: [{ expected: 381, received: 383 }],
    version: 61,
  };
}

export const PROTOCOLS: AcquisitionProtocol[] = [[20, "Face, five views", "3"] as const, [21, "Face, frontal only", "1"] as const].map(([number, name, version]) => ({
  protocol: id(number), name, version, state: "approved", content: {}, digest: digest(name), drafted_by: "Rosa Lindqvist",
  approved_by: "Dr Imogen Hale", approved_at: ago(40 * DAY), retired_because: null,
}));
