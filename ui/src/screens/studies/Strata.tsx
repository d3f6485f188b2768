// The figures of a study by stratum, as a table and as intervals: a mean hides whom it fails.
import { SegmentedControl, Select } from "@mantine/core";
import { useState } from "react";
import type { Study } from "../../api/types";
import { Empty } from "../../parts/Empty";
import { Panel } from "../../parts/Panel";
import { unitText } from "../../quantities";
import { factorName, limitOn, statisticName, statisticsOf, strataOf, stratumName } from "./judging";
import { figureText, intervalText } from "./figures";
import { IntervalPlot, isMet } from "./IntervalPlot";
import styles from "./Studies.module.css";

export function Strata({ study: { plan, result } }: { study: Pick<Study, "plan" | "result"> }) {
  const figures = result?.figures ?? [];
  const [factor, setFactor] = useState(plan.strata[0] ?? "");
  const statistics = statisticsOf(figures);
  const limited = plan.limits.find((limit) => limit.stratum === `${factor}=*`)?.statistic;
  const [asked, setAsked] = useState<string | null>(null);
  const statistic = [asked, limited, "bias", statistics[0]].find((each) => each != null && statistics.includes(each)) ?? "";
  const strata = strataOf(figures, factor);
  return (
    <Panel
      title="By stratum"
      flush
      aside={
        plan.strata.length > 1 && (
          <SegmentedControl
            aria-label="Stratum"
            value={factor}
            onChange={setFactor}
            data={plan.strata.map((value) => ({ value, label: factorName(value) }))}
          />
        )
      }
    >
      {figures.length === 0 ? (
        <Empty>Divided by: {plan.strata.map(factorName).join(", ") || "nothing"}. There are no figures before the study is run.</Empty>
      ) : (
        <div className={styles.strata}>
          <div className={styles.chosen}>
            <Select
              size="xs"
              label="Statistic"
              data={statistics.map((value) => ({ value, label: statisticName(value) }))}
              value={statistic}
              onChange={setAsked}
            />
            <IntervalPlot statistic={statistic} strata={strata} figures={figures} limits={plan.limits} fewest={plan.fewest_cases} />
            <p className="quiet">
              Bar: 95 % interval. Shaded: the limit. Hollow: fewer than {plan.fewest_cases} cases, so held against none.{statistic === "bias" && " Thin marks: limits of agreement, between which 95 % of single measurements lie."}
            </p>
          </div>
          <div className={styles.wide} role="region" aria-label="Every figure, by stratum" tabIndex={0}>
            <table className="grid-table">
              <thead>
                <tr>
                  <th>{factorName(factor)}</th>
                  <th className="number">Cases</th>
                  {statistics.map((each) => (
                    <th key={each} className="number">
                      {statisticName(each)}
                      <span className="quiet"> {unitText(figures.find((figure) => figure.statistic === each)?.unit ?? "1")}</span>
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {strata.map((stratum) => {
                  const of = figures.filter((figure) => figure.stratum === stratum);
                  return (
                    <tr key={stratum}>
                      <td>{stratumName(stratum, false)}</td>
                      <td className="number">{Math.max(...of.map((figure) => figure.cases))}</td>
                      {statistics.map((each) => {
                        const figure = of.find((found) => found.statistic === each);
                        if (figure === undefined) return <td key={each} className="number">not measured</td>;
                        const failed = isMet(figure, limitOn(plan.limits, each, stratum), plan.fewest_cases) === false;
                        return (
                          <td key={each} className="number" data-failed={failed}>
                            {figureText(figure)}
                            {figure.lower !== null && <div className="quiet">{intervalText(figure)}</div>}
                          </td>
                        );
                      })}
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
        </div>
      )}
    </Panel>
  );
}
