// One fact of the record, with its times and links when opened.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { AuditItem } from "../../api/types";
import { clockSeconds, day, dayAndSeconds } from "../../moments";
import { Digest } from "../../parts/Digest";
import { Facts } from "../../parts/Facts";
import { words } from "../../words";
import styles from "./AuditTrail.module.css";

interface Props {
  item: AuditItem;
  /** Whether it stands under the line that tells it together with others. */
  within?: boolean;
}

export function AuditRow({ item, within = false }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <tr className={within ? styles.within : undefined}>
        <td className="number">{item.seq}</td>
        <td className={styles.when}>
          {clockSeconds(item.at)} <span className="quiet">{day(item.at)}</span>
        </td>
        <td>
          <span className={styles.title}>{item.title}</span>{" "}
          <span className="quiet">{item.erased ? "content erased" : item.detail}</span>
        </td>
        <td>
          <Who item={item} />
        </td>
        <td className={styles.when}>
          <Where stream={item.stream} />
        </td>
        <td>
          <button type="button" className={styles.more} aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? "Less" : "More"}
          </button>
        </td>
      </tr>
      {open && (
        <tr className={styles.opened}>
          <td />
          <td colSpan={5}>
            <Facts
              items={[
                ["Event", <code>{item.name}</code>],
                ["Stream", <code>{item.stream}</code>],
                ["Committed", dayAndSeconds(item.at)],
                ["Received", item.received_at ? dayAndSeconds(item.received_at) : null],
                ["Station’s clock", item.device_time ? dayAndSeconds(item.device_time) : null],
                ["Station’s number", item.device_sequence ?? null],
                ["Caused by", item.causation == null ? null : `position ${item.causation}`],
                ["Correlation", <code>{item.correlation}</code>],
                ["Leaf", <Digest value={item.leaf} />],
              ]}
            />
          </td>
        </tr>
      )}
    </>
  );
}

export function Who({ item }: { item: AuditItem }) {
  return (
    <>
      {item.actor_name ?? "unnamed"}{" "}
      {item.actor_name !== item.actor_kind && <span className="quiet">{words(item.actor_kind).toLowerCase()}</span>}
    </>
  );
}

export function Where({ stream }: { stream: string }) {
  const [kind, id] = splitStream(stream);
  return (
    <Link to="/audit-trail" search={{ stream }} title={stream}>
      {words(kind)} <span className="mono">{id.slice(-6)}</span>
    </Link>
  );
}

/** Splits a stream's name into its kind and its identifier. */
export function splitStream(stream: string): [kind: string, id: string] {
  const found = /^(.*)-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(stream);
  return [found?.[1] ?? stream, found?.[2] ?? ""];
}
