// What the last verification looked at and found, and from where the next one may go on.
import type { LedgerHealth } from "../../api/types";
import { dayAndClock, near } from "../../moments";
import { Digest } from "../../parts/Digest";
import { Facts } from "../../parts/Facts";
import { Glyph } from "../../parts/Glyph";
import { Mark } from "../../parts/Mark";
import { count, number } from "../../words";
import styles from "./Verified.module.css";

interface Props {
  health: LedgerHealth;
  /** Whether one is under way that was asked for on this screen. */
  running: boolean;
  now: Date;
}

export function Verified({ health: { last_verification: last, remembered, size }, running, now }: Props) {
  return (
    <>
      <p role="status" className={styles.running}>
        {running && "Every record, signature and stored content is looked at. A long record takes minutes; other work goes on."}
      </p>
      {last === null ? (
        <p>Nobody verified this record yet.</p>
      ) : (
        <>
          <Facts
            items={[
              ["Found", <Mark tone={last.intact ? "pass" : "fail"}>{last.intact ? "Intact" : count(last.problems.length, "problem")}</Mark>],
              [
                "Looked at",
                last.whole
                  ? "The whole record: order, chain and tree, signatures, stored contents"
                  : "Checkpoints kept elsewhere only; verify to look at the record itself",
              ],
              ["When", `${dayAndClock(last.at)}, as record ${number(last.seq)}`],
              ["Records", `${number(last.size)}${size > last.size ? `; ${number(size - last.size)} since then` : ""}`],
              ["Signatures", last.signatures === null ? null : number(last.signatures)],
              ["Contents", last.blobs === null ? null : number(last.blobs)],
              ["Root", last.root === null ? null : <Digest value={last.root} />],
            ]}
          />
          {!last.intact && (
            <ul className={styles.problems} aria-label="Problems">
              {last.problems.map((problem, at) => (
                <li key={at}>
                  <Glyph name="fail" size={12} /> <span>{problem}</span>
                </li>
              ))}
            </ul>
          )}
        </>
      )}
      {remembered !== null && (
        <p className={styles.remembered}>
          {remembered.why !== "" ? (
            <Mark tone="warn">What was remembered cannot be believed ({remembered.why})</Mark>
          ) : (
            <>
              <code>./vultus verify --since-last</code> goes on after the first {count(remembered.size, "record")}, found
              intact {remembered.at === null ? "" : near(remembered.at, now)}. A change among those is only found by
              looking at the whole.
            </>
          )}
        </p>
      )}
    </>
  );
}
