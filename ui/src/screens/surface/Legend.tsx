// What the colours of an uncertainty mean: the scale, its unit, its coverage factor, and its limits.
import { hex, ramp, UNTOLD } from "./ramp";
import { type Told, ticks } from "./scale";
import styles from "./Surface.module.css";
import { shareText } from "./summary";

const STOPS = 24;
const SCALE = `linear-gradient(to right, ${Array.from({ length: STOPS + 1 }, (_, at) => hex(ramp(at / STOPS))).join(", ")})`;

export function Legend({ told }: { told: Told }) {
  return (
    <figure className={styles.legend} aria-label="Legend of the uncertainty">
      <figcaption>
        Standard uncertainty of depth, mm <span>(1σ, coverage factor k = 1)</span>
      </figcaption>
      <Scale ticks={ticks(told.topMm).map((tick) => (tick.place === 1 ? { ...tick, text: `≥ ${tick.text}` } : tick))} />
      <ul className={styles.apart}>
        {told.known < 1 && (
          <li>
            <i style={{ background: hex(UNTOLD) }} /> untold: {shareText(1 - told.known)} of the points
          </li>
        )}
        {told.beyond > 0 && <li>{shareText(told.beyond)} lie beyond the scale and have its last colour</li>}
      </ul>
    </figure>
  );
}

/** The colours in order, with numbers along them. */
export function Scale({ ticks: along }: { ticks: readonly { place: number; text: string }[] }) {
  return (
    <>
      <div className={styles.scale} style={{ backgroundImage: SCALE }} />
      <ol className={styles.ticks}>
        {along.map(({ place, text }) => (
          <li key={place} style={{ left: `${place * 100}%` }}>
            {text}
          </li>
        ))}
      </ol>
    </>
  );
}
