// One line that never goes away: clinic, demonstration mark, build, and how fresh the page is.
import { useStanding } from "../api/standing";
import { clockSeconds } from "../moments";
import { Glyph } from "../parts/Glyph";
import { count } from "../words";
import { useMe } from "./me";
import styles from "./StatusLine.module.css";

export function StatusLine() {
  const { clinic, build } = useMe();
  return (
    <div className={styles.line}>
      {clinic.demo && (
        <span className={styles.demo}>
          <span>Demo</span> invented people, nothing here is clinical
        </span>
      )}
      <span className={styles.clinic}>{clinic.name}</span>
      <span className={styles.build} title={build.digest}>
        Build {build.version} <code>{build.digest.replace("sha256:", "").slice(0, 8)}</code>
      </span>
      <Freshness />
    </div>
  );
}

function Freshness() {
  const { position, lag, asOf, connection } = useStanding();
  const behind = connection === "lost" ? "lost" : lag > 0 ? "behind" : "current";
  const when = asOf === null ? "" : `As of ${clockSeconds(asOf)}`;
  return (
    <span className={styles.fresh} data-state={behind} role="status">
      <Glyph name={behind === "current" ? "pass" : behind === "lost" ? "fail" : "wait"} size={12} />
      {when}
      {behind === "behind" && `, ${count(lag, "event")} behind`}
      {behind === "lost" && ", connection lost, trying again"}
      {behind === "current" && position !== null && (
        <span className={styles.position}>record position {position.toLocaleString("en-AU")}</span>
      )}
    </span>
  );
}
