import { describe, expect, test } from "vitest";
import { STUDIES } from "../../mock/studies";
import type { StudyDetail, StudyFigure } from "../../src/api/types";
import { figureText, intervalText } from "../../src/screens/studies/figures";
import { isMet } from "../../src/screens/studies/IntervalPlot";
import { isSimulated, judgedLimits, limitOn, statisticsOf, strataOf, stratumName, tally } from "../../src/screens/studies/judging";
import { names } from "../../src/screens/studies/Resting";
import { ticksOf } from "../../src/screens/studies/scale";
import { CLAIMS } from "../../mock/people";

function named(name: string): StudyDetail {
  const found = STUDIES.find((study) => study.name.startsWith(name));
  if (found === undefined) throw new Error("the mock has studies");
  return found;
}

const figure = (more: Partial<StudyFigure> = {}): StudyFigure => ({
  statistic: "bias", stratum: "all", value: 0.1234, lower: 0.02, upper: 0.22, unit: "mm", cases: 60, ...more,
});

describe("limits of a study", () => {
  test("before the run every limit waits, and none is met", () => {
    const judged = judgedLimits(named("Skin tone of people"));
    expect(judged).toHaveLength(4);
    expect(new Set(judged.map((each) => each.verdict))).toEqual(new Set(["awaited"]));
  });

  test("what was measured is met or missed; what was not is neither", () => {
    const judged = judgedLimits(named("Depth of the face"));
    const of = (statistic: string, stratum: string) =>
      judged.find((each) => each.limit.statistic === statistic && each.stratum === stratum);
    expect(of("rms", "all")?.verdict).toBe("met");
    expect(of("rms", "ita-class=dark")?.verdict).toBe("missed");
    expect(of("rms", "ita-class=very-light")).toMatchObject({ verdict: "not-measured", why: "12 cases are fewer than 50" });
    expect(of("icc-2-1", "all")).toMatchObject({ verdict: "not-measured", figure: null, why: "there is no such figure; cases of the stratum: 120" });
    expect(tally(judged)).toEqual({ met: 6, missed: 1, "not-measured": 2, awaited: 0 });
  });

  test("a figure without the interval its limit asks for was not measured", () => {
    const study = named("Skin tone on");
    if (study.result === null) throw new Error("it was run");
    const figures = study.result.figures.map((each) => (each.statistic === "icc-2-1" ? { ...each, lower: null } : each));
    const outcomes = study.result.outcomes.map((each) => (each.limit === 3 ? { ...each, met: false } : each));
    const judged = judgedLimits({ plan: study.plan, result: { ...study.result, figures, outcomes } });
    expect(judged.at(-1)?.verdict).toBe("not-measured");
  });

  test("levels stand in their natural order, however the record has them", () => {
    const { plan, result } = named("Skin tone on");
    if (result === null) throw new Error("it was run");
    const shuffled = { plan, result: { ...result, outcomes: result.outcomes.toReversed() } };
    expect(judgedLimits(shuffled).map((each) => each.key)).toEqual(judgedLimits({ plan, result }).map((each) => each.key));
  });

  test("a stratum's own limit goes before that of each level", () => {
    const every = { statistic: "rms", stratum: "ita-class=*", minimum: null, maximum: 1, whole_interval: false };
    const own = { ...every, stratum: "ita-class=dark", maximum: 2 };
    expect(limitOn([every, own], "rms", "ita-class=dark")).toBe(own);
    expect(limitOn([every, own], "rms", "ita-class=tan")).toBe(every);
    expect(limitOn([every, own], "rms", "all")).toBeNull();
  });

  test("the drawing holds the whole interval against a limit that asks for it", () => {
    const limit = { statistic: "bias", stratum: "all", minimum: -0.2, maximum: 0.2, whole_interval: true };
    expect(isMet(figure(), limit, 50)).toBe(false);
    expect(isMet(figure(), { ...limit, whole_interval: false }, 50)).toBe(true);
    expect(isMet(figure(), null, 50)).toBeNull();
    expect(isMet(figure(), limit, 61)).toBeNull();
  });
});

describe("figures of a study", () => {
  test("strata stand in their natural order, everybody first", () => {
    const { result } = named("Skin tone on");
    expect(strataOf(result?.figures ?? [], "ita-class").map((each) => stratumName(each, false))).toEqual([
      "Everybody", "Very light", "Light", "Intermediate", "Tan", "Brown", "Dark",
    ]);
    expect(stratumName("ita-class=very-light")).toBe("Skin tone class (ITA): very light");
    expect(stratumName("age-band=40-59", false)).toBe("40-59");
    // Two cases of the oldest gave no figure; they are a row all the same, and counting is no statistic.
    expect(strataOf(result?.figures ?? [], "age-band").slice(1)).toEqual(["age-band=20-39", "age-band=40-59", "age-band=60-79", "age-band=80-89"]);
    expect(statisticsOf(result?.figures ?? [])).not.toContain("cases");
  });

  test("no more digits are written than the interval supports", () => {
    expect(figureText(figure())).toBe("0.12");
    expect(intervalText(figure({ lower: -0.02, upper: 0.22 }))).toBe("−0.02 to 0.22");
    expect(intervalText(figure({ lower: -0.22, upper: -0.001 }))).toBe("−0.22 to 0.00");
    expect(figureText(figure({ lower: null, upper: null }))).toBe("0.123");
    expect(intervalText(figure({ lower: null, upper: null }))).toBe("none");
  });

  test("the scale has few round marks and holds every value and zero", () => {
    for (const values of [[0.31, 0.83], [-6.5, 6.5], [0.991, 0.997], [12_000], [], [0]]) {
      const { low, high, ticks } = ticksOf(values);
      expect(low).toBeLessThanOrEqual(Math.min(0, ...values));
      expect(high).toBeGreaterThanOrEqual(Math.max(0, ...values));
      expect(high).toBeGreaterThan(low);
      expect(ticks).toContain(0);
      expect(ticks.length).toBeLessThanOrEqual(9);
    }
  });
});

describe("what a study is not", () => {
  test("simulated cases are known by the plan's own words", () => {
    expect(isSimulated(named("Depth of the face").plan.population)).toBe(true);
    expect(isSimulated("simulated heads")).toBe(true);
    expect(isSimulated(named("Skin tone of people").plan.population)).toBe(false);
  });

  test("a claim rests on a study that it names by digest", () => {
    const [claim] = CLAIMS;
    if (claim === undefined) throw new Error("the mock has a claim");
    expect(names(claim, named("Depth of the face"))).toBe(true);
    expect(names(claim, named("Skin tone on"))).toBe(false);
  });
});
