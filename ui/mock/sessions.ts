// Capture sessions of the mock: one under way, with attempts good and bad.
import type { Attempt, Gate, Measurement, Region, Session } from "../src/api/types";
import { ago, digest, id } from "./identifiers";
import { words } from "../src/words";
import { ME, STATION, SUBJECTS } from "./people";
import { depthOf } from "./surfaces";

type Row = [name: string, label: string, value: number, unit: string, minimum: number | null, maximum: number | null, advice: string];

const GOOD: Row[] = [
  ["focus", "Focus", 0.34, "cycles/px", 0.22, null, "Ask for stillness and refocus."],
  ["exposure-mean", "Exposure", 0.181, "1", 0.14, 0.24, "Run the light calibration again."],
  ["clipped-share", "Clipped pixels", 0.08, "%", null, 0.5, "Lower the exposure."],
  ["motion-blur", "Motion blur", 0.9, "px", null, 2, "Ask them to exhale and hold."],
  ["yaw", "Head turn", 0.8, "°", -3, 3, "Turn the head until the arrows meet."],
  ["roll", "Head tilt", -0.6, "°", -3, 3, "Level the eyes."],
  ["distance", "Distance", 452.3, "mm", 440, 460, "Move to 450 mm."],
  ["uniformity", "Light uniformity", 0.93, "1", 0.85, null, "Check the light zones."],
  ["colour-error", "Colour error (ΔE00)", 1.6, "1", null, 3, "Put the chart flat and in the light."],
  ["epipolar", "Stereo alignment", 0.19, "px", null, 0.5, "Run a field check."],
];

const FACE = { frame: "left", x_px: 820, y_px: 1_100, width_px: 1_450, height_px: 1_900 };
const REGIONS: Record<string, Region> = {
  "clipped-share": { frame: "left", x_px: 1_080, y_px: 1_260, width_px: 90, height_px: 70 },
  uniformity: { frame: "left", x_px: 1_786, y_px: 1_100, width_px: 484, height_px: 1_900 },
};
const PLACES: Record<string, string> = {
  "clipped-share": "Most of it is in the upper left of the face, as the cameras look.",
  uniformity: "It is darker on the right of the face, as the cameras look.",
};

function named(gates: Omit<Gate, "label">[]): Gate[] {
  return gates.map((each) => ({ ...each, label: words(each.gate) }));
}

export const PASSED: Gate[] = named([
  { gate: "consent", passed: true, evidence: "Clinical capture granted on 12 Nov 2026, wording 2026-1.", next_step: "" },
  { gate: "operator", passed: true, evidence: "Operator role in force.", next_step: "" },
  { gate: "device-identity", passed: true, evidence: "Station VP-0007, key in the secure element.", next_step: "" },
  { gate: "calibration", passed: true, evidence: "Locked 25 Oct, valid until 13 Dec 2026.", next_step: "" },
  { gate: "versions", passed: true, evidence: "Firmware 2.4.1, software 0.1.0, 4 approved releases.", next_step: "" },
  { gate: "protocol", passed: true, evidence: "Face, five views, version 3 approved.", next_step: "" },
]);

const STATION_GATES: Gate[] = named([
  { gate: "fixture", passed: true, evidence: "Rest engaged.", next_step: "" },
  { gate: "distance", passed: true, evidence: "452 mm, limit 440 to 460 mm.", next_step: "" },
  { gate: "alignment", passed: true, evidence: "Turn 0.8°, tilt 0.6°, limit 3°.", next_step: "" },
  { gate: "baseline", passed: true, evidence: "80.03 mm, 0.01 mm from the calibration.", next_step: "" },
  { gate: "illumination", passed: true, evidence: "4 zones within 2 % of target.", next_step: "" },
  { gate: "colour-reference", passed: true, evidence: "24 patches found, ΔE00 1.6.", next_step: "" },
]);

function measured(overrides: Record<string, number>): Measurement[] {
  return GOOD.map(([name, label, good, unit, minimum, maximum, advice]) => {
    const value = overrides[name] ?? good;
    const passed = (minimum === null || value >= minimum) && (maximum === null || value <= maximum);
    return {
      name, label, value, unit, minimum, maximum, advice, passed, method: `${name}/1`,
      region: passed ? null : REGIONS[name] ?? FACE, place: passed ? "" : PLACES[name] ?? "",
    };
  });
}

interface Taken { at: number; view: string; number: number; overrides?: Record<string, number>; fault?: string; state?: Attempt["state"] }

function attempt({ at, view, number, overrides = {}, fault = "", state }: Taken): Attempt {
  const measurements = state === "submitted" ? [] : measured(overrides);
  const reasons = measurements.filter((each) => each.passed === false);
  return {
    attempt: id(500 + at), view, number, imported: false, source: null, failure: null,
    state: state ?? (reasons.length > 0 ? "rejected" : "accepted"),
    captured_at: ago(28 - at * 2), received_at: ago(27.8 - at * 2), committed_at: ago(27.7 - at * 2),
    frames: ["left", "right"].map((role) => ({
      role, digest: digest(`${view} ${number} ${role}|${view}|${role}|${fault}`), width_px: 3_040, height_px: 4_056,
      camera_serial: role === "left" ? "C-88121" : "C-88140", size_bytes: 14_310_400, media_type: "image/png",
    })),
    conditions: {
      firmware: "2.4.1", software: "0.1.0", calibration: id(401), distance_mm: overrides.distance ?? 452.3, exposure_us: 8_000, gain: 1.2,
      cct_k: 5_512, temperature_c: 23.6, fixture_engaged: true, polarised: false, colour_reference: "in-view", clock_offset_ms: 12,
      zones: ["left", "right", "top", "bottom"].map((zone, which) => ({ zone, pwm: 0.62, current_ma: 350, level: 1 + (which - 1.5) * 0.01, healthy: true })),
    },
    gates: STATION_GATES, measurements, claims: [],
    verdict: measurements.length === 0 ? null : {
      acceptable: reasons.length === 0,
      reasons: reasons.map(({ name, value, unit, minimum, maximum, advice, region }) => ({
        name, value, unit, minimum: minimum ?? null, maximum: maximum ?? null, advice: advice ?? "", region,
      })),
    },
    depth: reasons.length === 0 && measurements.length > 0 ? depthOf(at, view === "frontal" ? 0.964 : 0.712) : null,
    device_sequence: 404 + at, seq: 1_190 + at * 3,
  };
}

function make(number: number, which: number, state: Session["state"], taken: Taken[]): Session {
  const row = SUBJECTS[which];
  const attempts = taken.map(attempt);
  const accepted = new Set(attempts.filter((each) => each.state === "accepted").map((each) => each.view));
  const views: [string, string][] = [
    ["frontal", "Look straight at the green mark"], ["left-oblique", "Turn left until the mark meets the line"],
    ["right-oblique", "Turn right until the mark meets the line"], ["left-lateral", "Turn left to the stop"], ["right-lateral", "Turn right to the stop"],
  ];
  return {
    session: id(number), subject: row?.subject ?? "", pseudonym: row?.pseudonym ?? "",
    operator: id(3), operator_name: "Rosa Lindqvist", ended_because: null,
    device: STATION, device_serial: "VP-0007", protocol: id(20), protocol_name: "Face, five views", protocol_version: "3",
    purpose: "clinical-capture", opened_at: ago(30), state, time_zone: "Australia/Sydney",
    prompts: { hair_back: true, glasses_off: true, makeup: "none", neutral_expression: true, rest_cleaned: true },
    preconditions: PASSED, attempts,
    blocked: number === 200 ? [{
      at: ago(25), seq: 1_195, stage: "station", view: "left-oblique",
      gates: [
        { gate: "distance", label: "Distance", passed: false, evidence: "431 mm, limit 440 to 460 mm.", next_step: "Move the rest back by 9 mm or more." },
        ...STATION_GATES.filter((gate) => gate.gate !== "distance"),
      ],
    }] : [],
    refused: number === 200 ? [{
      at: ago(24), seq: 1_196, kind: "failed", view: "left-oblique", attempt: null, digests: [], gates: STATION_GATES,
      rule: "capture.hardware", evidence: "The right camera gave no picture", next_step: "Try again; have the station looked at if it stays.",
    }, {
      at: ago(22), seq: 1_199, kind: "attempt", view: "left-oblique", attempt: id(290), digests: [digest("left"), digest("right")],
      gates: [{ gate: "operator", label: "Operator signed in", passed: false, evidence: "The operator is not signed in.", next_step: "Sign in and try again." }],
      rule: "capture.gates", evidence: "gates that did not pass: operator", next_step: "Sign in and try again.",
    }] : [],
    withheld: attempts.filter((each) => each.depth && each.depth.completeness < 0.85).slice(0, 1).map((each) => ({
      attempt: each.attempt, output: "volume-change", rule: "depth.completeness",
      evidence: "Stereo completeness 71 % is below 85 % in the left oblique view.", next_step: "Capture the view again with the chin on the rest.",
    })),
    assessment: state === "closed" ? id(300) : null,
    views: views.map(([view, instruction]) => ({ view, stereo: true, instruction, accepted: accepted.has(view) })),
    version: 14,
  };
}

export const SESSIONS: Session[] = [
  make(200, 0, "open", [
    { at: 0, view: "frontal", number: 1, overrides: { focus: 0.13, "motion-blur": 3.4 }, fault: "focus" },
    { at: 1, view: "frontal", number: 2 },
    { at: 2, view: "left-oblique", number: 1, overrides: { uniformity: 0.71, "exposure-mean": 0.12, "clipped-share": 0.9 }, fault: "uniformity" },
    { at: 3, view: "left-oblique", number: 2 },
    { at: 4, view: "right-oblique", number: 1, state: "submitted" },
  ]),
  make(201, 1, "closed", [
    { at: 5, view: "frontal", number: 1 }, { at: 6, view: "left-oblique", number: 1 }, { at: 7, view: "right-oblique", number: 1 },
    { at: 8, view: "left-lateral", number: 1 }, { at: 9, view: "right-lateral", number: 1 },
  ]),
];

export const OPERATOR = ME;
