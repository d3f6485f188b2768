// The epipolar error of field checks over time; each says whether it met the limits of its day.
import type { FieldCheck } from "../../api/types";
import { day } from "../../moments";
import styles from "./Device.module.css";

const WIDTH = 360;
const HEIGHT = 130;
const LEFT = 34;
const BOTTOM = 20;

export function DriftChart({ checks }: { checks: readonly FieldCheck[] }) {
  const known = checks.toReversed();
  if (known.length === 0) return <p className="quiet">No field check was made yet.</p>;
  const highest = Math.max(...known.map((check) => check.epipolar_error_px)) * 1.15 || 1;
  const x = (index: number) => LEFT + ((index + 0.5) / known.length) * (WIDTH - LEFT);
  const y = (value: number) => (HEIGHT - BOTTOM) * (1 - value / highest) + 6;
  const line = known.map((check, index) => `${index === 0 ? "M" : "L"}${x(index)} ${y(check.epipolar_error_px)}`).join("");
  return (
    <svg
      className={styles.chart}
      viewBox={`0 0 ${WIDTH} ${HEIGHT + 8}`}
      role="img"
      aria-label={known
        .map((check) => `${day(check.at)}: ${check.epipolar_error_px} pixels, ${check.passed ? "passed" : "failed"}`)
        .join("; ")}
    >
      <path d={`M${LEFT} ${y(0)}H${WIDTH}`} className={styles.limitLine} />
      {[0, highest / 1.15].map((mark) => (
        <text key={mark} x={LEFT - 5} y={y(mark) + 4} textAnchor="end">
          {mark === 0 ? "0" : mark.toFixed(2)}
        </text>
      ))}
      <path d={line} className={styles.trend} />
      {known.map((check, index) => {
        const [cx, cy] = [x(index), y(check.epipolar_error_px)];
        return check.passed ? (
          <circle key={check.at} cx={cx} cy={cy} r={3.5} className={styles.good} />
        ) : (
          <path key={check.at} d={`M${cx - 4} ${cy - 4}l8 8m0 -8l-8 8`} className={styles.bad} />
        );
      })}
      {known.map((check, index) => (
        <text key={check.at} x={x(index)} y={HEIGHT + 6} textAnchor="middle">
          {day(check.at).replace(/ \d{4}$/, "")}
        </text>
      ))}
    </svg>
  );
}
