// One measured number over time, oldest first; each point says whether it met the limits of its day.
import { day } from "../../moments";
import styles from "./Device.module.css";

const WIDTH = 360;
const HEIGHT = 130;
const LEFT = 34;
const BOTTOM = 20;
const LABELS = 6;

export interface DriftPoint {
  at: string;
  value: number;
  passed: boolean;
}

interface Props {
  /** Newest first, as they are read. */
  points: readonly DriftPoint[];
  /** In words, such as "pixels". */
  unit: string;
  /** What is said where there is no point. */
  none: string;
}

export function DriftChart({ points, unit, none }: Props) {
  const known = points.toReversed();
  if (known.length === 0) return <p className="quiet">{none}</p>;
  const highest = Math.max(...known.map((point) => point.value)) * 1.15 || 1;
  const x = (index: number) => LEFT + ((index + 0.5) / known.length) * (WIDTH - LEFT);
  const y = (value: number) => (HEIGHT - BOTTOM) * (1 - value / highest) + 6;
  const line = known.map((point, index) => `${index === 0 ? "M" : "L"}${x(index)} ${y(point.value)}`).join("");
  const every = Math.ceil(known.length / LABELS);
  return (
    <svg
      className={styles.chart}
      viewBox={`0 0 ${WIDTH} ${HEIGHT + 8}`}
      role="img"
      aria-label={known
        .map((point) => `${day(point.at)}: ${point.value} ${unit}, ${point.passed ? "passed" : "failed"}`)
        .join("; ")}
    >
      <path d={`M${LEFT} ${y(0)}H${WIDTH}`} className={styles.limitLine} />
      {[0, highest / 1.15].map((mark) => (
        <text key={mark} x={LEFT - 5} y={y(mark) + 4} textAnchor="end">
          {mark === 0 ? "0" : mark.toFixed(2)}
        </text>
      ))}
      <path d={line} className={styles.trend} />
      {known.map((point, index) => {
        const [cx, cy] = [x(index), y(point.value)];
        return point.passed ? (
          <circle key={`${point.at} ${index}`} cx={cx} cy={cy} r={3.5} className={styles.good} />
        ) : (
          <path key={`${point.at} ${index}`} d={`M${cx - 4} ${cy - 4}l8 8m0 -8l-8 8`} className={styles.bad} />
        );
      })}
      {known.map((point, index) =>
        index % every === 0 ? (
          <text key={`${point.at} ${index}`} x={x(index)} y={HEIGHT + 6} textAnchor="middle">
            {day(point.at).replace(/ \d{4}$/, "")}
          </text>
        ) : null,
      )}
    </svg>
  );
}
