// Everything that happened around a subject, newest first.
import { Link } from "@tanstack/react-router";
import type { TimelineItem } from "../../api/types";
import { dayAndClock } from "../../moments";
import { Empty } from "../../parts/Empty";
import { Panel } from "../../parts/Panel";
import { count } from "../../words";
import styles from "./Subjects.module.css";

export function Timeline({ items }: { items: readonly TimelineItem[] }) {
  return (
    <Panel title="Timeline" aside={count(items.length, "entry", "entries")} flush>
      {items.length === 0 ? (
        <Empty>Nothing has happened yet.</Empty>
      ) : (
        <ol className={styles.timeline}>
          {items.map((item) => (
            <li key={item.seq}>
              <time dateTime={item.at}>{dayAndClock(item.at)}</time>
              <span className={styles.dot} aria-hidden="true" />
              <span>
                <Place item={item} /> <span className="quiet">{item.detail}</span>
              </span>
              <span className="quiet mono" title="Position in the record">
                {item.seq}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}

function Place({ item }: { item: TimelineItem }) {
  if (item.assessment !== null) {
    return (
      <Link to="/assessments/$assessment" params={{ assessment: item.assessment }}>
        {item.title}
      </Link>
    );
  }
  if (item.session !== null) {
    return (
      <Link to="/sessions/$session" params={{ session: item.session }}>
        {item.title}
      </Link>
    );
  }
  return <span>{item.title}</span>;
}
