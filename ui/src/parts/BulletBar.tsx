// A reading against its limits: the allowed band, the bounds, and where the value fell.
import { boundNumber, plainNumber, unitText } from "../quantities";
import styles from "./BulletBar.module.css";

interface Props {
  value: number;
  unit: string;
  minimum?: number | null;
  maximum?: number | null;
  passed: boolean | null;
  label: string;
}

const MARGIN = 0.3;

/** The range a bar covers: both bounds and the value, with a margin around them. */
export function scaleOf(value: number, minimum: number | null, maximum: number | null) {
  const marks = [value, minimum, maximum].filter((mark) => mark !== null);
  if (minimum === null || maximum === null) marks.push(0);
  const [low, high] = [Math.min(...marks), Math.max(...marks)];
  const margin = (high - low || Math.abs(high) || 1) * MARGIN;
  // A quantity that is never negative starts at nothing.
  return { low: low >= 0 && low - margin < 0 ? 0 : low - margin, high: high + margin };
}

export function BulletBar({ value, unit, minimum = null, maximum = null, passed, label }: Props) {
  const { low, high } = scaleOf(value, minimum, maximum);
  const at = (mark: number) => ((mark - low) / (high - low)) * 100;
  const from = minimum === null ? 0 : at(minimum);
  const to = maximum === null ? 100 : at(maximum);
  const bounds = limitText(minimum, maximum, unit);
  const verdict = passed === null ? "" : passed ? ", within limits" : ", outside limits";
  return (
    <svg
      className={styles.bar}
      data-passed={passed}
      role="img"
      aria-label={`${label} ${plainNumber(value)} ${unitText(unit)}; limit ${bounds}${verdict}`}
    >
      <rect className={styles.ground} x="0%" y={5} width="100%" height={6} />
      {(minimum !== null || maximum !== null) && (
        <rect className={styles.band} x={`${from}%`} y={5} width={`${Math.max(0, to - from)}%`} height={6} />
      )}
      {[minimum, maximum].map(
        (bound) =>
          bound !== null && (
            <line key={bound} className={styles.bound} x1={`${at(bound)}%`} x2={`${at(bound)}%`} y1={2} y2={14} />
          ),
      )}
      <svg x={`${at(value)}%`} overflow="visible">
        <path className={styles.value} d="M0 7.5l4 -6.5h-8zM0 7v7.5" />
      </svg>
    </svg>
  );
}

/** The limit in words, such as "at least 0.3" or "450 to 520 mm". */
export function limitText(minimum: number | null, maximum: number | null, unit: string): string {
  const behind = unitText(unit) === "" ? "" : ` ${unitText(unit)}`;
  if (minimum !== null && maximum !== null) {
    return `${boundNumber(minimum)} to ${boundNumber(maximum)}${behind}`;
  }
  if (minimum !== null) return `at least ${boundNumber(minimum)}${behind}`;
  if (maximum !== null) return `at most ${boundNumber(maximum)}${behind}`;
  return "none";
}
