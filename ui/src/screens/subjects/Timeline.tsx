// Everything that happened around a subject, newest first.
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import * as read from "../../api/queries";
import type { Subject, TimelineItem } from "../../api/types";
import { dayAndClock } from "../../moments";
import { Empty } from "../../parts/Empty";
import { More } from "../../parts/More";
import { Panel } from "../../parts/Panel";
import { count } from "../../words";
import styles from "./Subjects.module.css";

export function Timeline({ detail }: { detail: Subject }) {
  const { subject, timeline: newest, timeline_next: first } = detail;
  const earlier = useInfiniteQuery(read.timeline(subject, first ?? 0));
  const items = [...newest, ...(earlier.data?.pages.flatMap((page) => page.items) ?? [])];
  const started = earlier.data !== undefined;
  const more = {
    hasNextPage: started ? earlier.hasNextPage : first !== null,
    isFetchingNextPage: earlier.isFetching,
    fetchNextPage: () => (started ? earlier.fetchNextPage() : earlier.refetch()),
  };
  const entries = count(items.length, "entry", "entries");
  return (
    <Panel title="Timeline" aside={more.hasNextPage ? `newest ${entries}` : entries} flush>
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
      <More pages={more} shown={items.length} what="entries" />
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
