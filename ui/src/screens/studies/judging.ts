// What became of every limit of a study, and its figures stratum by stratum.
import type { StudyFigure, StudyLimit, Study } from "../../api/types";
import { words } from "../../words";

export type Verdict = "met" | "missed" | "not-measured" | "awaited";

export interface Judged {
  key: string;
  limit: StudyLimit;
  stratum: string;
  figure: StudyFigure | null;
  verdict: Verdict;
  /** What was found, in the record's words but for the verdict's own; null before the study was run. */
  why: string | null;
}

export const EVERYBODY = "all";

/** Every limit in every stratum it was asked of, in the order of the plan. */
export function judgedLimits({ plan, result }: Pick<Study, "plan" | "result">): Judged[] {
  if (result === null) {
    return plan.limits.map((limit, number) => ({
      key: String(number), limit, stratum: limit.stratum, figure: null, verdict: "awaited", why: null,
    }));
  }
  const ordered = result.outcomes.toSorted(
    (one, other) => one.limit - other.limit || byLevel(one.stratum, other.stratum),
  );
  return ordered.flatMap((outcome) => {
    const limit = plan.limits[outcome.limit];
    if (limit === undefined) return [];
    const figure = result.figures.find(
      (each) => each.statistic === limit.statistic && each.stratum === outcome.stratum,
    ) ?? null;
    const measured = isMeasured(limit, figure, plan);
    const verdict: Verdict = outcome.met ? "met" : measured ? "missed" : "not-measured";
    return [{ key: `${outcome.limit} ${outcome.stratum}`, limit, stratum: outcome.stratum, figure, verdict, why: outcome.evidence.replace(/^not measured: /, "") }];
  });
}

/** Whether a figure can be held against a limit at all; what cannot counts as not met. */
function isMeasured(limit: StudyLimit, figure: StudyFigure | null, plan: Study["plan"]): boolean {
  return (
    figure !== null &&
    figure.cases >= plan.fewest_cases &&
    (figure.unit === plan.unit || figure.unit === "1") &&
    (!limit.whole_interval || (figure.lower !== null && figure.upper !== null))
  );
}

export function tally(judged: readonly Judged[]): Record<Verdict, number> {
  const found = { met: 0, missed: 0, "not-measured": 0, awaited: 0 };
  for (const { verdict } of judged) found[verdict] += 1;
  return found;
}

const SHARES = new Set(["icc-2-1", "icc-3-1", "dice", "jaccard", "weighted-kappa", "sensitivity", "specificity"]);

/** The unit of a limit: shares and coefficients have none. */
export function unitOf(statistic: string, plan: Study["plan"]): string {
  return SHARES.has(statistic) ? "1" : plan.unit;
}

const STATISTICS: Record<string, string> = {
  bias: "Bias",
  sd: "SD",
  rms: "RMS",
  "lower-limit-of-agreement": "Lower limit of agreement",
  "upper-limit-of-agreement": "Upper limit of agreement",
  "technical-error": "Technical error",
  "standard-error-of-measurement": "SEM",
  "minimal-detectable-change-95": "Minimal detectable change",
  "icc-2-1": "ICC(2,1)",
  "icc-3-1": "ICC(3,1)",
  "weighted-kappa": "Weighted kappa",
};

export function statisticName(statistic: string): string {
  return STATISTICS[statistic] ?? words(statistic);
}

/** What a study measures, as people say it. */
export function outputName(output: string): string {
  return output === "ita" ? "Typology angle (ITA)" : words(output);
}

const FACTORS: Record<string, string> = {
  "ita-class": "Skin tone class (ITA)",
  monk: "Monk skin tone",
  "age-band": "Age band",
};

export function factorName(factor: string): string {
  return FACTORS[factor] ?? words(factor);
}

/** Says a stratum: `ita-class=dark` is "Dark", `ita-class=*` each level there is. */
export function stratumName(stratum: string, withFactor = true): string {
  if (stratum === EVERYBODY) return "Everybody";
  const [factor = "", permanent = ""] = stratum.split("=");
  const level = permanent.replace(/(?<=[a-z])-(?=[a-z])/g, " "); // a range such as 40-59 keeps its sign
  if (level === "*") return `Each: ${factorName(factor).toLowerCase().replace("(ita)", "(ITA)")}`;
  return withFactor ? `${factorName(factor)}: ${level}` : level.charAt(0).toUpperCase() + level.slice(1);
}

const TONES = ["very light", "light", "intermediate", "tan", "brown", "dark"];

/** Levels in their natural order: skin tones from light to dark, ranges and classes by number. */
function byLevel(one: string, other: string): number {
  const place = (stratum: string) => {
    const level = stratum.slice(stratum.indexOf("=") + 1).replaceAll("-", " ");
    const tone = TONES.indexOf(level);
    const number = Number.parseFloat(level.replace(/^\D+/, ""));
    return tone >= 0 ? tone : Number.isNaN(number) ? Number.MAX_VALUE : number;
  };
  return place(one) - place(other) || one.localeCompare(other);
}

/** The strata of a factor that have figures, everybody first. */
export function strataOf(figures: readonly StudyFigure[], factor: string): string[] {
  const found = new Set(figures.map((each) => each.stratum).filter((each) => each.startsWith(`${factor}=`)));
  const levels = [...found].sort(byLevel);
  return figures.some((each) => each.stratum === EVERYBODY) ? [EVERYBODY, ...levels] : levels;
}

/** Counts the cases of a stratum, also where nothing else could be worked out; has a column of its own. */
const CASES = "cases";

/** The statistics that were worked out, in the order in which they are recorded. */
export function statisticsOf(figures: readonly StudyFigure[]): string[] {
  return [...new Set(figures.map((each) => each.statistic))].filter((each) => each !== CASES);
}

/** The limit that holds for a statistic in a stratum, its own before that of each level. */
export function limitOn(limits: readonly StudyLimit[], statistic: string, stratum: string): StudyLimit | null {
  const of = limits.filter((limit) => limit.statistic === statistic);
  const every = `${stratum.split("=")[0]}=*`;
  return of.find((limit) => limit.stratum === stratum) ?? of.find((limit) => limit.stratum === every) ?? null;
}

/**
 * Whether the plan's own words say that its cases are simulated. The record has no field for it, so
 * a screen says of every study that it is no claim, and of these that no person was measured.
 */
export function isSimulated(population: string): boolean {
  return /\b(simulat\w*|generated|synthetic|phantom|no person was measured|no people)\b/i.test(population);
}
