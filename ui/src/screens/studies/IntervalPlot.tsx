// Figures with their intervals, stratum below stratum, against the limits that were fixed before.
import type { StudyFigure, StudyLimit } from "../../api/types";
import { boundNumber, plainNumber, unitText } from "../../quantities";
import { EVERYBODY, limitOn, statisticName, stratumName } from "./judging";
import { ticksOf } from "./scale";
import styles from "./Studies.module.css";

const WIDTH = 460;
const ROW = 26;
const LEFT = 112;
const RIGHT = 14;
const TOP = 8;
const BOTTOM = 34;

interface Props {
  statistic: string;
  strata: readonly string[];
  figures: readonly StudyFigure[];
  limits: readonly StudyLimit[];
  /** Fewest cases behind a figure that is held against a limit. */
  fewest: number;
}

export function IntervalPlot({ statistic, strata, figures, limits, fewest }: Props) {
  const found = (name: string, stratum: string) =>
    figures.find((each) => each.statistic === name && each.stratum === stratum);
  const rows = strata.map((stratum) => ({
    stratum,
    figure: found(statistic, stratum),
    limit: limitOn(limits, statistic, stratum),
    // Bias is told with what single measurements do around it, as in a plot after Bland and Altman.
    agreement: statistic === "bias" ? agreementOf(found, stratum) : null,
  }));
  const unit = unitText(figures.find((each) => each.statistic === statistic)?.unit ?? "1");
  const marks = rows.flatMap(({ figure, limit, agreement }) => [
    figure?.value, figure?.lower, figure?.upper, limit?.minimum, limit?.maximum, ...(agreement ?? []),
  ]);
  const known = marks.filter((mark) => mark !== null && mark !== undefined);
  const { low, high, ticks } = ticksOf(known);
  const x = (value: number) => LEFT + ((value - low) / (high - low)) * (WIDTH - LEFT - RIGHT);
  const y = (row: number) => TOP + ROW * (row + 0.5);
  const height = TOP + ROW * rows.length + BOTTOM;
  return (
    <svg
      className={styles.plot}
      viewBox={`0 0 ${WIDTH} ${height}`}
      role="img"
      aria-label={`${statisticName(statistic)}: ${rows.map((row) => said(row, unit, fewest)).join("; ")}`}
    >
      {rows.map(({ stratum, limit }, row) =>
        limit === null ? null : (
          <Band key={stratum} from={limit.minimum === null ? LEFT : x(limit.minimum)} to={limit.maximum === null ? WIDTH - RIGHT : x(limit.maximum)} limit={limit} y={y(row)} />
        ),
      )}
      {ticks.map((tick) => (
        <g key={tick}>
          <path d={`M${x(tick)} ${TOP}V${TOP + ROW * rows.length}`} className={tick === 0 ? styles.zero : styles.grid} />
          <text x={x(tick)} y={height - 20} textAnchor="middle">
            {boundNumber(tick)}
          </text>
        </g>
      ))}
      <text x={(LEFT + WIDTH - RIGHT) / 2} y={height - 4} textAnchor="middle">
        {statisticName(statistic)}
        {unit !== "" && `, ${unit}`}
      </text>
      {rows.map(({ stratum, figure, limit, agreement }, row) => (
        <g key={stratum}>
          <text x={LEFT - 10} y={y(row) + 4} textAnchor="end" className={stratum === EVERYBODY ? styles.strong : undefined}>
            {stratumName(stratum, false)}
          </text>
          {figure === undefined ? (
            <text x={LEFT + 6} y={y(row) + 4}>
              not measured
            </text>
          ) : (
            <g data-met={isMet(figure, limit, fewest)} data-few={figure.cases < fewest} className={styles.reading}>
              {agreement?.map((value) => (
                <path key={value} d={`M${x(value)} ${y(row) - 6}v12`} className={styles.agreement} />
              ))}
              {figure.lower !== null && figure.upper !== null && (
                <path d={`M${x(figure.lower)} ${y(row) - 4}v8m0 -4H${x(figure.upper)}m0 -4v8`} className={styles.interval} />
              )}
              {isMet(figure, limit, fewest) === false ? (
                <path d={`M${x(figure.value) - 4} ${y(row) - 4}l8 8m0 -8l-8 8`} className={styles.cross} />
              ) : (
                <circle cx={x(figure.value)} cy={y(row)} r={3.6} />
              )}
            </g>
          )}
        </g>
      ))}
    </svg>
  );
}

function Band({ from, to, limit, y }: { from: number; to: number; limit: StudyLimit; y: number }) {
  return (
    <>
      <rect className={styles.allowed} x={from} y={y - ROW / 2 + 2} width={Math.max(0, to - from)} height={ROW - 4} />
      {[limit.minimum !== null && from, limit.maximum !== null && to].map(
        (at) => at !== false && <path key={at} d={`M${at} ${y - ROW / 2 + 2}v${ROW - 4}`} className={styles.bound} />,
      )}
    </>
  );
}

function agreementOf(found: (name: string, stratum: string) => StudyFigure | undefined, stratum: string): number[] {
  return ["lower-limit-of-agreement", "upper-limit-of-agreement"].flatMap((name) => found(name, stratum)?.value ?? []);
}

/**
 * Whether a figure lies within a limit; null where there is no limit, or too few cases to be held
 * against one. It is drawn only: the record judges.
 */
export function isMet(figure: StudyFigure, limit: StudyLimit | null, fewest: number): boolean | null {
  if (limit === null || figure.cases < fewest) return null;
  const whole = limit.whole_interval && figure.lower !== null && figure.upper !== null;
  const [lower, upper] = whole ? [figure.lower ?? figure.value, figure.upper ?? figure.value] : [figure.value, figure.value];
  return (limit.minimum === null || lower >= limit.minimum) && (limit.maximum === null || upper <= limit.maximum);
}

function said({ stratum, figure }: { stratum: string; figure: StudyFigure | undefined }, unit: string, fewest: number): string {
  if (figure === undefined) return `${stratumName(stratum, false)} not measured`;
  const interval = figure.lower === null || figure.upper === null ? "" : `, 95 % ${plainNumber(figure.lower)} to ${plainNumber(figure.upper)}`;
  const few = figure.cases < fewest ? ", of too few cases" : "";
  return `${`${stratumName(stratum, false)} ${plainNumber(figure.value)} ${unit}`.trimEnd()}${interval}${few}`;
}
