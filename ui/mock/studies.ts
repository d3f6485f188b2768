// Studies of the mock: one that passed, one that did not and lacks a figure, and one that awaits approval.
import type { Study, StudyDetail, StudyFigure, StudyLimit } from "../src/api/types";
import { ago, DAY, digest, id } from "./identifiers";

const HEADS = "generated heads before the simulated station, six classes of skin colour; no person was measured, and nothing here is a clinical claim";
const TONES = ["very-light", "light", "intermediate", "tan", "brown", "dark"];

type Result = NonNullable<Study["result"]>;

function limit(statistic: string, stratum: string, minimum: number | null, maximum: number | null, whole_interval = false): StudyLimit {
  return { statistic, stratum, minimum, maximum, whole_interval };
}

function figure(statistic: string, stratum: string, value: number, half: number | null, unit: string, cases: number): StudyFigure {
  return { statistic, stratum, value, lower: half === null ? null : value - half, upper: half === null ? null : value + half, unit, cases };
}

/** How many cases a stratum has; stands there also where nothing else could be worked out. */
function counted(stratum: string, cases: number): StudyFigure {
  return figure("cases", stratum, cases, null, "1", cases);
}

/** Agreement and repeats of one stratum, as a study works them out. */
function figures(stratum: string, bias: number, sd: number, cases: number, unit: string): StudyFigure[] {
  const half = (1.96 * sd) / Math.sqrt(cases);
  return [
    counted(stratum, cases),
    figure("bias", stratum, bias, half, unit, cases), figure("sd", stratum, sd, null, unit, cases), figure("rms", stratum, Math.hypot(bias, sd), null, unit, cases),
    figure("lower-limit-of-agreement", stratum, bias - 1.96 * sd, 1.7 * half, unit, cases), figure("upper-limit-of-agreement", stratum, bias + 1.96 * sd, 1.7 * half, unit, cases),
    figure("standard-error-of-measurement", stratum, sd / 6, sd / 40, unit, cases),
  ];
}

const TONE_LIMITS = [limit("rms", "all", null, 6.5), limit("bias", "ita-class=*", -6.5, 6.5, true), limit("standard-error-of-measurement", "all", null, 1, true), limit("icc-2-1", "all", 0.9, null, true)];
const TONE_FIGURES = [
  ...figures("all", 0.6, 2.9, 54, "deg"), figure("icc-2-1", "all", 0.994, 0.003, "1", 54),
  ...TONES.flatMap((tone, at) => figures(`ita-class=${tone}`, [-1.1, -0.3, 0.4, 0.9, 1.6, 2.2][at] ?? 0, 1.4 + at * 0.35, 9, "deg")),
  ...["20-39", "40-59", "60-79"].flatMap((band, at) => figures(`age-band=${band}`, 0.2 + at * 0.4, 2.6, 18, "deg")),
  counted("age-band=80-89", 2),
];

const DEPTH_LIMITS = [limit("rms", "all", null, 0.5), limit("rms", "ita-class=*", null, 0.75), limit("bias", "all", -0.2, 0.2, true), limit("icc-2-1", "all", 0.9, null, true)];
const DEPTH_FIGURES = [
  ...figures("all", 0.06, 0.41, 120, "mm"),
  ...TONES.flatMap((tone, at) => figures(`ita-class=${tone}`, 0.04 + at * 0.02, [0.3, 0.31, 0.34, 0.4, 0.52, 0.83][at] ?? 0, at === 0 ? 12 : 60, "mm")),
];

function judged(limits: readonly StudyLimit[], found: readonly StudyFigure[], fewest: number): Result["outcomes"] {
  return limits.flatMap((each, number) => {
    const levels = [...new Set(found.map((one) => one.stratum))].filter((one) => one.startsWith(each.stratum.replace("*", "")));
    return (each.stratum.endsWith("=*") ? levels : [each.stratum]).map((stratum) => {
      const one = found.find((some) => some.statistic === each.statistic && some.stratum === stratum);
      if (one === undefined) return { limit: number, stratum, met: false, evidence: `not measured: there is no such figure; cases of the stratum: ${found.find((some) => some.statistic === "cases" && some.stratum === stratum)?.cases ?? 0}` };
      if (one.cases < fewest) return { limit: number, stratum, met: false, evidence: `not measured: ${one.cases} cases are fewer than ${fewest}` };
      const [lower, upper] = each.whole_interval ? [one.lower ?? 0, one.upper ?? 0] : [one.value, one.value];
      const met = lower >= (each.minimum ?? lower) && upper <= (each.maximum ?? upper);
      return { limit: number, stratum, met, evidence: `${one.value.toPrecision(4)} ${one.unit} of ${one.cases} cases` };
    });
  });
}

interface Told {
  number: number;
  state: Study["state"];
  plan: Partial<Study["plan"]> & Pick<Study["plan"], "name" | "limits">;
  figures: StudyFigure[] | null;
}

function study({ number, state, plan: given, figures: found }: Told): StudyDetail {
  const plan: Study["plan"] = {
    version: "1.0", evidence: "rgb", output: "ita", unit: "deg", method: "skin-colour 1.0.0", population: HEADS,
    reference: "typology angle of the class's own colour, from the simulation's spectra", strata: ["ita-class", "age-band"], fewest_cases: 6, ...given,
  };
  const outcomes = found === null ? [] : judged(plan.limits, found, plan.fewest_cases);
  const result: Result | null = found === null ? null : {
    data: digest(`cases ${number}`), cases: found[0]?.cases ?? 0, figures: found, outcomes, passed: outcomes.every((each) => each.met),
    report: { digest: digest(`report ${number}`), size_bytes: 180_000, media_type: "application/pdf" }, software: "0.1.0", platform: digest("platform"),
    evaluation: state === "completed" ? { method: "study-figures/1", software: "0.1.0", platform: digest("platform") } : null,
  };
  const order = ["planned", "approved", "completed", "confirmed"];
  const reached = order.indexOf(state);
  const people = ["Tom Hale", "Jo Lind", "Tom Hale", "Jo Lind"];
  const at = (step: number) => ago((40 - number * 5 - step) * DAY);
  return {
    study: id(740 + number), name: plan.name, version: plan.version, evidence: plan.evidence, output: plan.output, state, plan, plan_digest: digest(`plan ${number}`),
    planned_by: "Tom Hale", approved_by: reached >= 1 ? "Jo Lind" : null, approved_at: reached >= 1 ? at(1) : null,
    result, result_digest: result === null ? null : digest(`result ${number}`), passed: result?.passed ?? null, run_by: result === null ? null : "Tom Hale",
    confirmed_by: reached >= 3 ? "Jo Lind" : null, confirmed_at: reached >= 3 ? at(3) : null,
    steps: ["StudyPlanned", "StudyPlanApproved", "StudyCompleted", "StudyConfirmed"].slice(0, reached + 1).map((name, step) => ({
      name, title: name, by: people[step] ?? null, at: at(step), seq: 300 + number * 40 + step * 3,
    })),
  };
}

export const STUDIES: StudyDetail[] = [
  study({ number: 2, state: "planned", figures: null, plan: { name: "Skin tone of people", limits: TONE_LIMITS, population: "adults who agreed to research, three clinics" } }),
  study({ number: 1, state: "completed", figures: DEPTH_FIGURES, plan: { name: "Depth of the face on the simulated station", evidence: "depth", output: "depth-map", unit: "mm", method: "stereo depth of the stored pair", reference: "exact depth of the same pixels", strata: ["ita-class"], fewest_cases: 50, limits: DEPTH_LIMITS } }),
  study({ number: 0, state: "confirmed", figures: TONE_FIGURES, plan: { name: "Skin tone on the simulated station", limits: TONE_LIMITS } }),
];
