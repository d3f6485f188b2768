// The projections behind the screens: how far each is, how much older, and what is made anew.
import type { Standings } from "../../api/types";
import { duration } from "../../moments";
import { Empty } from "../../parts/Empty";
import { Mark } from "../../parts/Mark";
import { leftText } from "../../shell/LagBanner";
import { count, number, words } from "../../words";
import styles from "./Screens.module.css";

type Projection = Standings["projections"][number];

export function Screens({ projections, size }: { projections: Projection[]; size: number }) {
  if (projections.length === 0) return <Empty>No projection reads this record.</Empty>;
  return (
    <table className={`grid-table ${styles.table}`}>
      <thead>
        <tr>
          <th>Reads for</th>
          <th>How far</th>
          <th className="number">Position</th>
          <th>State</th>
        </tr>
      </thead>
      <tbody>
        {projections.map((each) => (
          <tr key={each.name}>
            <td>{words(each.name)}</td>
            <td className={styles.far}>
              <Far projection={each} size={size} />
            </td>
            <td className="number">{each.position < 0 ? "none" : number(each.position)}</td>
            <td className={styles.state}>
              <State projection={each} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The share of the record that was applied; while it is rebuilt, that of the new rows. */
function Far({ projection: { name, position, readable, rebuild }, size }: { projection: Projection; size: number }) {
  const [done, total] = rebuild === null ? [readable ? position + 1 : 0, size] : [rebuild.applied, rebuild.total];
  return (
    <progress
      className={styles.bar}
      data-rebuild={rebuild !== null}
      value={total === 0 ? 1 : done}
      max={Math.max(1, total)}
      aria-label={`${words(name)}: ${number(done)} of ${number(total)} records`}
    />
  );
}

function State({ projection }: { projection: Projection }) {
  const { lag_records, lag_seconds, readable, rebuild, stalled_seq, stalled_why } = projection;
  const lag = lag_records > 0 && (
    <span className={styles.more}>
      {count(lag_records, "record")} behind{lag_seconds !== null && lag_seconds >= 1 ? `, ${duration(lag_seconds)}` : ""}
    </span>
  );
  if (stalled_seq !== null) {
    return (
      <>
        <Mark tone="fail">
          Stands still at {number(stalled_seq)}
          {stalled_why && `: ${stalled_why}`}
        </Mark>
        {lag}
      </>
    );
  }
  if (rebuild !== null) {
    const share = Math.floor((100 * rebuild.applied) / Math.max(1, rebuild.total));
    return (
      <>
        <Mark tone="wait">Being rebuilt: {share} %</Mark>
        <span className={styles.more}>
          {rebuild.seconds_left === null ? "time left not known yet" : `${leftText(rebuild.seconds_left)} left`}
          {rebuild.records_per_second !== null && `, ${number(Math.round(rebuild.records_per_second))} records/s`};{" "}
          {readable ? "what is shown is from before" : "not shown until then"}
        </span>
      </>
    );
  }
  if (!readable) return <Mark tone="wait">Waits to be rebuilt</Mark>;
  if (lag_records > 0) {
    return (
      <>
        <Mark tone="wait">Catching up</Mark>
        {lag}
      </>
    );
  }
  return <Mark tone="pass">Up to date</Mark>;
}
