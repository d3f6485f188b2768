// The keys that sign for this log: which one runs, what overlaps, and how each followed the last.
import type { LogKeys as Keys } from "../../api/types";
import { dayAndClock } from "../../moments";
import { Mark } from "../../parts/Mark";
import { count, number } from "../../words";
import styles from "./LogKeys.module.css";
import { keyIdOf } from "./notes";
import { Take } from "./Take";

type Key = Keys["keys"][number];

interface Props {
  keys: Keys;
  size: number;
  /** Ids of the keys under the newest checkpoint: a key can be destroyed before its term ends. */
  signers: string[];
}

export function LogKeys({ keys: { keys, successions }, size, signers }: Props) {
  const overlapping = keys.find((key) => overlaps(key, size) && !endedEarly(key, signers, keys));
  return (
    <>
      {overlapping?.until != null && (
        <p className={styles.overlap} role="status">
          <strong>Handing over.</strong> Both keys sign until {number(overlapping.until)} records; {count(overlapping.until - size, "record")} to
          go. Give the new key to auditors and witnesses.
        </p>
      )}
      <ol className={styles.keys} reversed>
        {keys
          .map((key, at) => (
            <li key={key.key}>
              <div className={styles.row}>
                <code className={styles.id}>{keyIdOf(key.key)}</code>
                <State of={key} ended={endedEarly(key, signers, keys)} size={size} />
                <Take what={`key ${keyIdOf(key.key)}`} text={key.key} file={`log-key-${keyIdOf(key.key)}.txt`} />
              </div>
              <p className={styles.term}>{termText(key)}</p>
              {successions[at - 1] !== undefined && (
                <div className={styles.row}>
                  <span className={styles.statement}>Statement of the handover, number {at + 1}</span>
                  <Take what={`statement ${at + 1}`} text={successions[at - 1] ?? ""} file={`log-key-${at + 1}.txt`} />
                </div>
              )}
            </li>
          ))
          .reverse()}
      </ol>
      <p className={styles.why}>
        Keep any one of them where this server cannot change it: the statements lead from there to
        all others.
      </p>
    </>
  );
}

function State({ of: { until }, ended, size }: { of: Key; ended: boolean; size: number }) {
  if (until === null) return <Mark tone="pass">Signs</Mark>;
  if (size > until) return <Mark tone="plain">Ended</Mark>;
  if (ended) return <Mark tone="plain">Ended before its term</Mark>;
  return <Mark tone="wait">Signs too, until {number(until)}</Mark>;
}

/** Since when and for which sizes a key signs. */
export function termText({ first, until, since }: Key): string {
  const from = since === null ? "First key" : `Since ${dayAndClock(since)}`;
  return `${from}, from ${number(first)} ${until === null ? "records on" : `to ${number(until)} records`}`;
}

function overlaps({ until }: Key, size: number): boolean {
  return until !== null && size <= until;
}

/** Whether the newest checkpoint lacks a key that might sign it, though its successor signed. */
function endedEarly(key: Key, signers: string[], keys: Key[]): boolean {
  const later = keys[keys.indexOf(key) + 1];
  return later !== undefined && signers.includes(keyIdOf(later.key)) && !signers.includes(keyIdOf(key.key));
}
