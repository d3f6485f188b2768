// A reading against its limits: the allowed band, the bounds, and where the value fell.
import { plainNumber, unitText } from "../quantities";
import styles from "./BulletBar.module.css";

interface Props {
  value: number;
  unit: string;
  minimum?: number | null;
  maximum?: number | null;
  passed: boolean | null;
  label: string;
}

const WIDTH = 160;
const HEIGHT = 16;
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
  const at = (mark: number) => ((mark - low) / (high - low)) * WIDTH;
  const from = minimum === null ? 0 : at(minimum);
  const to = maximum === null ? WIDTH : at(maximum);
  const bounds = limitText(minimum, maximum, unit);
  const verdict = passed === null ? "" : passed ? ", within limits" : ", outside limits";
  return (
    <svg
      className={styles.bar}
      data-passed={passed}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label} ${plainNumber(value)} ${unitText(unit)}; limit ${bounds}${verdict}`}
    >
      <rect className={styles.ground} x={0} y={5} width={WIDTH} height={6} />
      {(minimum !== null || maximum !== null) && (
        <rect className={styles.band} x={from} y={5} width={Math.max(0, to - from)} height={6} />
      )}
      {minimum !== null && <rect className={styles.bound} x={from - 0.75} y={2} width={1.5} height={12} />}
      {maximum !== null && <rect className={styles.bound} x={to - 0.75} y={2} width={1.5} height={12} />}
      <path className={styles.value} d={`M${at(value)} 8l4.5 -7h-9zM${at(value)} 8v7`} />
    </svg>
  );
}

/** The limit in words, such as "at least 0.3" or "450 to 520 mm". */
export function limitText(minimum: number | null, maximum: number | null, unit: string): string {
  const behind = unitText(unit) === "" ? "" : ` ${unitText(unit)}`;
  if (minimum !== null && maximum !== null) {
    return `${plainNumber(minimum)} to ${plainNumber(maximum)}${behind}`;
  }
  if (minimum !== null) return `at least ${plainNumber(minimum)}${behind}`;
  if (maximum !== null) return `at most ${plainNumber(maximum)}${behind}`;
  return "none";
}
