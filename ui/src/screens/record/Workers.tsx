// The workers: who leads, how far they are, what ended, and what was set aside.
import { Button } from "@mantine/core";
import { useState } from "react";
import type { LedgerHealth } from "../../api/types";
import { clockSeconds, dayAndClock, duration } from "../../moments";
import { Facts } from "../../parts/Facts";
import { Mark } from "../../parts/Mark";
import { count, number, words } from "../../words";
import { afterHalt } from "./advice";
import styles from "./Workers.module.css";

type Work = LedgerHealth["work"];

const SHOWN_AT_FIRST = 8;

export function Workers({ work, now }: { work: Work; now: Date }) {
  const { halted, lag, leader, leading_since: since, position, set_aside } = work;
  return (
    <>
      <div className={styles.facts}>
        <Facts
          wide
          items={[
            ["Led by", leader === null ? <Mark tone="warn">nobody</Mark> : leader === "" ? "a server not seen from here" : <code className={styles.leader}>{leader}</code>],
            ["Since", since === null ? "" : `${dayAndClock(since)} (${duration(Math.max(0, (now.getTime() - Date.parse(since)) / 1_000))})`],
            ["Position", position < 0 ? "none yet" : number(position)],
            ["To do", lag === 0 ? <Mark tone="pass">nothing</Mark> : count(lag, "record")],
          ]}
        />
      </div>
      {halted.length > 0 && (
        <ul className={styles.halted} aria-label="Ended">
          {halted.map(({ name, seq, why }) => (
            <li key={name}>
              <p>
                <Mark tone="fail">
                  {words(name)} ended at record {number(seq)}
                </Mark>{" "}
                <code>{why}</code>
              </p>
              <p>{afterHalt(name, why)}</p>
            </li>
          ))}
        </ul>
      )}
      {set_aside.length > 0 && <SetAside items={set_aside} />}
    </>
  );
}

function SetAside({ items }: { items: Work["set_aside"] }) {
  const [all, setAll] = useState(false);
  const shown = all ? items : items.slice(0, SHOWN_AT_FIRST);
  return (
    <div className={styles.aside}>
      <table className="grid-table">
        <caption>
          {count(items.length, "record")} set aside; the work of others goes on, and these are tried
          again by themselves
        </caption>
        <thead>
          <tr>
            <th className="number">Record</th>
            <th>Kind of failure</th>
            <th className="number">Tries</th>
            <th>Tried again</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ seq, tries, again_at, why }) => (
            <tr key={seq}>
              <td className="number">{number(seq)}</td>
              <td>{why === "" ? <span className="quiet">waits behind an earlier one</span> : <Mark tone="warn">{why}</Mark>}</td>
              <td className="number">{tries}</td>
              <td>{why === "" ? <span className="quiet">after it</span> : clockSeconds(again_at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {items.length > SHOWN_AT_FIRST && (
        <Button className={styles.more} size="compact-sm" variant="default" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Show fewer" : `Show all ${number(items.length)}`}
        </Button>
      )}
    </div>
  );
}
