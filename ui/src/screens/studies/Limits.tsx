// Every limit of a study beside what was found: figure, interval, and whether it was met.
import type { Study } from "../../api/types";
import { BulletBar, limitText } from "../../parts/BulletBar";
import { Mark, type Tone } from "../../parts/Mark";
import { unitText } from "../../quantities";
import { type Judged, judgedLimits, statisticName, stratumName, unitOf, type Verdict } from "./judging";
import { figureText, intervalText } from "./figures";
import styles from "./Studies.module.css";

const VERDICTS: Record<Verdict, { tone: Tone; text: string }> = {
  met: { tone: "pass", text: "Met" },
  missed: { tone: "fail", text: "Missed" },
  "not-measured": { tone: "held", text: "Not measured" },
  awaited: { tone: "wait", text: "Not run yet" },
};

export function Limits({ study }: { study: Pick<Study, "plan" | "result"> }) {
  const wasRun = study.result !== null;
  return (
    <table className={`grid-table ${styles.limits}`}>
      <thead>
        <tr>
          <th>Statistic</th>
          <th>Of whom</th>
          <th>Limit, fixed before</th>
          {wasRun && (
            <>
              <th className="number">Found</th>
              <th className="number">95 % interval</th>
              <th>
                <span className="visually-hidden">Against the limit</span>
              </th>
              <th className="number">Cases</th>
            </>
          )}
          <th>Verdict</th>
        </tr>
      </thead>
      <tbody>
        {judgedLimits(study).map((judged) => (
          <Row key={judged.key} judged={judged} plan={study.plan} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ judged, plan }: { judged: Judged; plan: Study["plan"] }) {
  const { limit, stratum, figure, verdict, why } = judged;
  const unit = unitOf(limit.statistic, plan);
  const name = statisticName(limit.statistic);
  return (
    <tr>
      <td>{name}</td>
      <td>{stratumName(stratum)}</td>
      <td>
        {limitText(limit.minimum, limit.maximum, unit)}
        {limit.whole_interval && <div className="quiet">the whole interval</div>}
      </td>
      {verdict !== "awaited" && (
        <>
          <td className="number">{figure === null ? "" : `${figureText(figure)} ${unitText(figure.unit)}`}</td>
          <td className="number">{figure === null ? "" : intervalText(figure)}</td>
          <td className={styles.bar}>
            {figure !== null && (
              <BulletBar value={figure.value} unit={figure.unit} minimum={limit.minimum} maximum={limit.maximum} passed={verdict === "not-measured" ? null : verdict === "met"} label={name} />
            )}
          </td>
          <td className="number">{figure?.cases}</td>
        </>
      )}
      <td>
        <Mark tone={VERDICTS[verdict].tone}>{VERDICTS[verdict].text}</Mark>
        {verdict === "not-measured" && <div className="quiet">{why}</div>}
      </td>
    </tr>
  );
}
