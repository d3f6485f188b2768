// Every measurement with its limit as a bar; those that failed come first.
import type { Measurement } from "../../api/types";
import { BulletBar, limitText } from "../../parts/BulletBar";
import { Glyph } from "../../parts/Glyph";
import { plainNumber, unitText } from "../../quantities";
import { words } from "../../words";
import styles from "./Session.module.css";

export function MeasurementTable({ measurements }: { measurements: readonly Measurement[] }) {
  const ordered = [...measurements].sort(
    (one, other) => Number(one.passed !== false) - Number(other.passed !== false),
  );
  return (
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
          const label = each.label ?? words(each.name);
          return (
            <tr key={each.name} data-passed={each.passed}>
              <td className={styles.sign}>
                {each.passed === null ? <Glyph name="minus" size={12} /> : <Glyph name={each.passed ? "pass" : "fail"} size={12} />}
                <span className="visually-hidden">{each.passed ? "within limits" : "outside limits"}</span>
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
              <td className={styles.limit}>{limitText(each.minimum ?? null, each.maximum ?? null, "1")}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
