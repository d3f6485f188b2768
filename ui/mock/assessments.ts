// Assessments and reports of the mock.
import type { Assessment, Finding, Report } from "../src/api/types";
import { ago, DAY, digest, id } from "./identifiers";
import { SESSIONS } from "./sessions";

type Row = [category: string, code: string, label: string, value: number | null, unit: string | null, uncertainty: number | null, confidence: number, text: string | null];

const ROWS: Row[] = [
  ["skin-tone", "ita", "Individual typology angle", 31.42, "°", 2.6, 0.94, "intermediate"],
  ["skin-tone", "fitzpatrick-suggestion", "Fitzpatrick type, suggested from the angle", null, null, null, 0.61, "III"],
  ["pigment", "melanin-cheek", "Melanin index, cheeks", 42.08, "1", 1.9, 0.91, null],
  ["pigment", "spot-count", "Spots 1 mm and larger", 23, "1", 4.2, 0.72, null],
  ["redness", "erythema-cheek", "Erythema index, cheeks", 28.71, "1", 2.2, 0.88, null],
  ["redness", "erythema-nose", "Erythema index, nose", 34.9, "1", 2.9, 0.83, null],
  ["lines", "forehead-density", "Line density, forehead", 0.1837, "mm/mm²", 0.021, 0.79, null],
  ["lines", "periorbital-density", "Line density, beside the eyes", 0.2412, "mm/mm²", 0.034, 0.7, null],
  ["texture", "roughness-cheek", "Roughness Sa, cheeks", 18.3, "µm", 2.4, 0.81, null],
  ["texture", "pore-share", "Pore area share, nose", 3.12, "%", 0.6, 0.68, null],
  ["shape", "midface-depth", "Mid-face depth, left to right difference", 0.42, "mm", 0.31, 0.86, null],
];

const BEFORE: Record<string, number> = { ita: 30.9, "melanin-cheek": 41.2, "erythema-cheek": 33.8, "forehead-density": 0.179, "roughness-cheek": 18.9 };

/** What the service would say of an earlier value with as large an uncertainty. */
function before(then: number | undefined, now: number | null, uncertainty: number | null): Finding["previous"] {
  if (then === undefined || now === null || uncertainty === null) return null;
  const detectable_change = Math.hypot(uncertainty, uncertainty);
  const change = now - then;
  return { value: then, amended: false, compared: { change, detectable_change, detected: Math.abs(change) >= detectable_change } };
}

function findings(reviewed: number): Finding[] {
  return ROWS.map(([category, code, label, value, unit, uncertainty, confidence, text], at) => ({
    finding: id(600 + at), category, code, label, value, unit, uncertainty, coverage_factor: uncertainty === null ? null : 2, text, confidence,
    quality_flags: code === "spot-count" ? ["Left oblique view: uniformity near its limit (0.86)"] : [],
    limitations: code === "fitzpatrick-suggestion"
      ? ["A sun-reaction scale cannot be measured from an image.", "Shown as a suggestion until you confirm it."]
      : category === "lines" ? ["Varies with expression; neutral expression was confirmed by the operator."] : ["Measured on clean skin, without makeup."],
    needs_confirmation: code === "fitzpatrick-suggestion",
    verdict: at < reviewed ? (at === 4 ? "amended" : "accepted") : "none",
    amended_value: at < reviewed && at === 4 ? 26.5 : null, reason_code: at < reviewed && at === 4 ? "clinical-judgement" : null,
    reason: at < reviewed && at === 4 ? "Transient flushing on the left after cleansing." : null, amended_text: null,
    previous: before(BEFORE[code], value, uncertainty),
    origin: { inference: id(700), release: id(750), name: category === "lines" ? "Ridge lines" : "Chromophore map", version: "1.2.0", model_digest: digest("model"),
      limitations: ["Measured on clean skin, without makeup.", "Shown on simulated faces; not yet on people."],
      contraindications: ["Not for the diagnosis or exclusion of any disease.", ...(category === "lines" ? ["Not for faces in motion."] : ["Not for choosing laser or light energy."])],
    },
    change: null,
  }));
}

const ARTEFACTS: Assessment["artefacts"] = [
  ["Melanin", "Index 20 (light) to 70 (dark)", 25], ["Haemoglobin", "Index 10 (pale) to 60 (red)", 350],
  ["Depth", "400 mm (blue) to 480 mm (red)", 190], ["Lines", "0 to 0.5 mm/mm²", 270],
].flatMap(([name, legend, hue]) => [5, 6, 7].map((attempt) => ({
  name: String(name), legend: String(legend), digest: digest(`map|${hue}|${attempt}`), inference: id(700), attempt: id(500 + attempt),
})));

const CHANGES: Assessment["changes"] = [{
  change: id(710), view: "frontal", earlier_session: id(203), earlier_attempt: id(504), attempt: id(505),
  algorithm: "volume-change/1", claim: id(720), label: "validated on simulated heads only, not for clinical use",
  contraindications: ["Not for clinical use.", "Not for captures made more than 366 days apart."],
  comparable: true, residual_mm: 0.073, inlier_share: 0.99, overlap: 0.97,
  differences: [
    { what: "distance", earlier: "450.2 mm", later: "450.9 mm", limit: "at most 5 mm apart", within: true },
    { what: "make-up", earlier: "none", later: "none", limit: "must be the same", within: true },
  ],
}];

const PAIRS: Assessment["pairs"] = CHANGES.map(({ view, earlier_session, earlier_attempt, attempt, comparable, differences }) => ({
  view, earlier_session, earlier_attempt, attempt, comparable, differences: differences.slice(0, 1),
}));

function make(number: number, pseudonym: string, reviewed: number, state: Assessment["state"], conclusion: string | null): Assessment {
  const session = SESSIONS[1];
  const shown = findings(reviewed);
  return {
    assessment: id(number), label: "Clinical decision support. Not a diagnosis.", opened_at: ago(90), session: id(201), subject: id(101), pseudonym, state, findings: shown,
    frames: (session?.attempts ?? []).flatMap((attempt) => attempt.frames.map((frame) => ({
      attempt: attempt.attempt, view: attempt.view, role: frame.role, digest: frame.digest, session: id(201), width_px: frame.width_px, height_px: frame.height_px,
    }))),
    artefacts: ARTEFACTS,
    pairs: PAIRS,
    changes: CHANGES,
    withheld: [{ attempt: id(506), output: "volume-change", rule: "depth.completeness", evidence: "Stereo completeness 71 % is below 85 % in the left oblique view.", next_step: "Capture the left oblique view again in the next session." },
      { attempt: id(505), output: "clinical-volume-claim", rule: "claim.approved", evidence: "No approved claim covers clinical volume change yet.", next_step: "Nothing to do here; a study must come first." }],
    contraindications: ["Not for the diagnosis or exclusion of any disease.", "Not for choosing laser or light energy.", "Not for clinical use.", "Not for faces in motion."],
    conclusion, presentation: { digest: digest(`presentation ${number} ${reviewed}`), content: { format: "vultus/presentation/v1", assessment: id(number), findings: shown.length } },
    signature: state === "open" ? null : { signer_name: "Dr Imogen Hale", meaning: "approved", signed_at: ago(31 * DAY), digest: digest("presentation 303") },
    report: state === "open" ? null : { report: id(800), number: "R-1F2E-3D4C-5B6A", digest: digest("pdf"), verification_code: "K7QD-3M2X-PZ5A-W4TB", issued_at: ago(31 * DAY - 1), flags: REPORT_FLAGS },
    amendments: state === "reported" ? AMENDMENTS : [],
    previous: { assessment: id(302), session: id(203), opened_at: ago(80 * DAY) },
    version: 3 + reviewed,
  };
}

const AMENDMENTS: Assessment["amendments"] = [{
  number: 1, text: "The erythema value of the nose was read after cleansing; please compare with the next session only.",
  signature: { signer_name: "Dr Imogen Hale", meaning: "authored", signed_at: ago(20 * DAY), digest: digest("amendment") },
}];

const REPORT_FLAGS = [{ cause: `calibration:${id(402)}`, reason: "The calibration behind the depth map was invalidated on 20 November; depth values may be off by up to 0.5 mm.", at: ago(2 * DAY) }];

export const ASSESSMENTS: Assessment[] = [
  make(300, "AK-5128", 4, "open", null),
  make(301, "SC-5439", ROWS.length, "open", "Measured tone and pigment are stable against the session of 3 September. Redness of the cheeks is lower, beyond the measurement uncertainty. Review in three months."),
  make(303, "QH-4817", ROWS.length, "reported", "Measured tone and redness are stable. Review in three months."),
];

export const REPORT: Report = {
  report: id(800), number: "R-1F2E-3D4C-5B6A", assessment: id(303), session: id(201), subject: id(100),
  digest: digest("pdf"), signed_digest: digest("presentation 303"), verification_code: "K7QD-3M2X-PZ5A-W4TB", issued_at: ago(31 * DAY - 1),
  renderer: "typst 0.15.0", pages: 2,
  flags: REPORT_FLAGS,
  seq: 903,
};
