// Says calmly when the screens are not as new as the record: behind, being rebuilt, or stopped.
import { useQuery } from "@tanstack/react-query";
import * as read from "../api/queries";
import type { Standings } from "../api/types";
import { Glyph } from "../parts/Glyph";
import { count, words } from "../words";
import styles from "./Banner.module.css";

/** A few seconds behind is how it always is; nobody is told of that. */
const WORTH_SAYING_S = 4;

export function LagBanner() {
  const { data } = useQuery(read.standings);
  const stopped = (data?.projections ?? []).filter((each) => each.stalled_seq != null);
  if (stopped.length > 0) {
    const first = Math.min(...stopped.map((each) => each.stalled_seq ?? 0));
    return (
      <div className={styles.banner} data-tone="stopped" role="alert">
        <Glyph name="fail" />
        <p>
          <strong>
            {names(stopped)} stopped at record {first.toLocaleString("en-AU")}:
          </strong>{" "}
          tell your administrator. What is shown there is older.
        </p>
      </div>
    );
  }
  const notice = data === undefined ? null : data.rebuilding ? rebuilt(data) : behind(data);
  return (
    // Always there, so that what comes into it is read out.
    <div role="status" aria-label="How new this is" className={styles.place}>
      {notice !== null && (
        <div className={styles.banner} data-tone="waiting">
          <Glyph name="wait" />
          {notice}
        </div>
      )}
    </div>
  );
}

function rebuilt(data: Standings) {
  const under_way = data.projections.filter((each) => each.rebuild != null);
  const total = under_way.reduce((sum, each) => sum + (each.rebuild?.total ?? 0), 0);
  const applied = under_way.reduce((sum, each) => sum + (each.rebuild?.applied ?? 0), 0);
  const share = Math.floor((100 * applied) / Math.max(1, total));
  const left = Math.max(...under_way.map((each) => each.rebuild?.seconds_left ?? 0));
  const unreadable = under_way.some((each) => !each.readable);
  return (
    <>
      <p>
        <strong>Being rebuilt: {share} %</strong>
        {left > 0 && `, ${leftText(left)} left`}.{" "}
        {unreadable ? "Until then it cannot be shown." : "What you see is from before, and complete."}{" "}
        <span className={styles.which}>{names(under_way)}</span>
      </p>
      <progress className={styles.bar} value={share} max={100} aria-label="How far it is" />
    </>
  );
}

function behind({ lag_records, lag_seconds }: Standings) {
  if (lag_records === 0 || (lag_seconds != null && lag_seconds < WORTH_SAYING_S)) return null;
  const since = lag_seconds == null ? "" : ` (${Math.round(lag_seconds)} s)`;
  return (
    <p>
      <strong>
        What you see is {count(lag_records, "record")} behind{since}.
      </strong>{" "}
      It catches up by itself.
    </p>
  );
}

/** How long something takes yet, no more precise than it is known. */
export function leftText(seconds: number): string {
  if (seconds < 60) return "less than a minute";
  if (seconds < 3_600) return `about ${Math.round(seconds / 60)} min`;
  return `about ${Math.round(seconds / 3_600)} h`;
}

function names(projections: Standings["projections"]): string {
  return projections.map(({ name }) => words(name)).join(", ");
}
