// The projections: who has read how far.
import type { LedgerHealth } from "../../api/types";
import { Mark } from "../../parts/Mark";
import { Panel } from "../../parts/Panel";
import { count, words } from "../../words";
import styles from "./Record.module.css";

interface Props {
  projections: LedgerHealth["projections"];
  size: number;
}

export function Readers({ projections, size }: Props) {
  const behind = projections.filter((each) => each.lag > 0 || each.stalled_seq !== null).length;
  return (
    <Panel title="Projections" aside={behind === 0 ? "all current" : `${behind} behind`} flush>
      <table className="grid-table">
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
              <td className={styles.progress}>
                <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                  <rect width="100" height="6" className={styles.ground} />
                  <rect width={(100 * (each.position + 1)) / Math.max(1, size)} height="6" className={styles.filled} />
                </svg>
              </td>
              <td className="number">{each.position.toLocaleString("en-AU")}</td>
              <td>
                {each.stalled_seq !== null ? (
                  <Mark tone="fail">Stands still at {each.stalled_seq}{each.stalled_why && `: ${each.stalled_why}`}</Mark>
                ) : each.lag > 0 ? (
                  <Mark tone="warn">{count(each.lag, "event")} behind</Mark>
                ) : (
                  <Mark tone="pass">Current</Mark>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
