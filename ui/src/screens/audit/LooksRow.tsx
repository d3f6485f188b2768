// Reads of one thing that follow one another: how many, from when to when, and each of them when opened.
import { useState } from "react";
import type { AuditItem } from "../../api/types";
import { clockSeconds, day } from "../../moments";
import { AuditRow, Where, Who } from "./AuditRow";
import styles from "./AuditTrail.module.css";

interface Props {
  /** Newest first, two at least. */
  items: readonly AuditItem[];
  /** Whether they go on, on the older page. */
  goesOn: boolean;
  /** Whether the newer page ends with reads of the same. */
  came: boolean;
}

export function LooksRow({ items, goesOn, came }: Props) {
  const [open, setOpen] = useState(false);
  const [newest, oldest] = [items[0], items.at(-1)];
  if (newest === undefined || oldest === undefined) return null;
  return (
    <>
      <tr className={open ? styles.many : undefined}>
        <td className={`number ${styles.when}`}>
          {newest.seq}–{oldest.seq}
        </td>
        <td className={styles.when}>{spanText(oldest.at, newest.at)}</td>
        <td>
          <span className={styles.title}>{newest.title}, {items.length} times</span>{" "}
          <span className="quiet">
            {newest.detail}
            {came && "; goes on from the newer page"}
            {goesOn && "; goes on, on the older page"}
          </span>
        </td>
        <td>
          <Who item={newest} />
        </td>
        <td className={styles.when}>
          <Where stream={newest.stream} />
        </td>
        <td>
          <button type="button" className={styles.more} aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? "Together" : `All ${items.length}`}
          </button>
        </td>
      </tr>
      {open && items.map((item) => <AuditRow key={item.seq} item={item} within />)}
    </>
  );
}

/** From when to when: the day once where it is one day. */
export function spanText(from: string, to: string): string {
  const [first, last] = [day(from), day(to)];
  if (first !== last) return `${clockSeconds(from)} ${first} to ${clockSeconds(to)} ${last}`;
  const [begins, ends] = [clockSeconds(from), clockSeconds(to)];
  return begins === ends ? `${begins} ${first}` : `${begins} to ${ends} ${first}`;
}
