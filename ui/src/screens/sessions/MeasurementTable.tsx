// The measurements with their limits as bars; those that failed come first, and those that nothing
// limits wait behind a button.
import { useState } from "react";
import type { Measurement } from "../../api/types";
import { BulletBar, limitText } from "../../parts/BulletBar";
import { Glyph } from "../../parts/Glyph";
import { plainNumber, unitText } from "../../quantities";
import styles from "./Session.module.css";

export function MeasurementTable({ measurements }: { measurements: readonly Measurement[] }) {
  const [all, setAll] = useState(false);
  const limited = measurements.filter((each) => each.passed !== null);
  const hidden = measurements.length - limited.length;
  const folds = hidden > 0 && limited.length > 0;
  const ordered = [...(folds && !all ? limited : measurements)].sort(
    (one, other) => rank(one) - rank(other),
  );
  return (
    <>
    <table className={styles.measurements}>
      <thead className="visually-hidden">
        <tr>
          <th>Verdict</th>
          <th>Measurement</th>
          <th>Against its limit</th>
          <th>Value</th>
          <th>Unit</th>
          <th>Limit</th>
        </tr>
      </thead>
      <tbody>
        {ordered.map((each) => {
          const { label } = each;
          return (
            <tr key={each.name} data-passed={each.passed}>
              <td className={styles.sign}>
                {each.passed === null ? <Glyph name="minus" size={12} /> : <Glyph name={each.passed ? "pass" : "fail"} size={12} />}
                <span className="visually-hidden">{each.passed === null ? "no limit" : each.passed ? "within limits" : "outside limits"}</span>
              </td>
              <td className={styles.measured} title={each.method}>
                {label}
              </td>
              <td className={styles.bar}>
                <BulletBar {...each} label={label} />
              </td>
              <td className={styles.value}>
                {plainNumber(each.value)}
              </td>
              <td className={styles.unit}>{unitText(each.unit)}</td>
              <td className={styles.limit}>{limitText(each.minimum, each.maximum, "1")}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
    {folds && (
      <button type="button" className={styles.more} aria-expanded={all} onClick={() => setAll(!all)}>
        {all ? "Only those with a limit" : `${hidden} more without a limit`}
      </button>
    )}
    </>
  );
}

/** Failed first, then passed, then what has no limit. */
function rank({ passed }: Measurement): number {
  return passed === null ? 2 : passed ? 1 : 0;
}
