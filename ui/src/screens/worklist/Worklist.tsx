// What awaits the person who looks, and whether the stations are ready for the next client.
import { SegmentedControl, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Fragment, type ReactNode, useRef, useState } from "react";
import * as read from "../../api/queries";
import type { Show, WorkItem } from "../../api/types";
import { Empty } from "../../parts/Empty";
import { Glyph } from "../../parts/Glyph";
import { KeyHint } from "../../parts/KeyHint";
import { useKeys } from "../../parts/keys";
import { Loaded } from "../../parts/Loaded";
import { More } from "../../parts/More";
import { Page } from "../../parts/Page";
import { DeviceSummary } from "./DeviceSummary";
import { awaitsText, countText, placeOf } from "./selection";
import { WorkRow } from "./WorkRow";
import styles from "./Worklist.module.css";

export function Worklist() {
  const navigate = useNavigate();
  const search = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState("");
  const [settled] = useDebouncedValue(query.trim(), 200);
  const [show, setShow] = useState<Show>("mine");
  const [at, setAt] = useState(0);
  const found = useInfiniteQuery(read.worklist(show, settled));
  const rest = useInfiniteQuery({ ...read.worklist("others", settled), enabled: show === "mine" });
  const first = found.data?.pages.flatMap((page) => page.items) ?? [];
  // What others do stands below one's own work, once all of that is there.
  const follows = show === "mine" && !found.hasNextPage;
  const others = follows ? (rest.data?.pages.flatMap((page) => page.items) ?? []) : [];
  const items = [...first, ...others];
  const chosen = Math.min(at, Math.max(0, items.length - 1));
  const counts = found.data?.pages[0]?.counts;
  const label = (name: string, which: Exclude<Show, "others">) =>
    counts === undefined ? name : `${name} ${countText(counts[which], counts)}`;

  function move(by: number): void {
    const next = Math.min(items.length - 1, Math.max(0, chosen + by));
    if (next === items.length - 1) {
      const pages = follows ? rest : found;
      if (pages.hasNextPage && !pages.isFetching) void pages.fetchNextPage();
    }
    setAt(next);
    document.getElementById(`work-${next}`)?.scrollIntoView({ block: "nearest" });
  }

  function open(item: WorkItem | undefined): void {
    if (item !== undefined) void navigate(placeOf(item));
  }

  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: () => open(items[chosen]),
    "/": () => search.current?.focus(),
  });

  return (
    <Page
      title="Worklist"
      lead={<span>{awaitsText(counts)}</span>}
      actions={
        <Link to="/subjects" className={styles.start}>
          <Glyph name="plus" /> New capture
        </Link>
      }
    >
      <Loaded query={found}>
        {({ pages }) => (
          <div className={styles.columns}>
            <section className={styles.work} aria-label="Work">
              <div className={styles.tools}>
                <SegmentedControl
                  aria-label="Show"
                  value={show}
                  onChange={(value) => {
                    setShow(value as Show);
                    setAt(0);
                  }}
                  data={[
                    { value: "mine", label: label("Awaiting me", "mine") },
                    { value: "capture", label: label("Capture", "capture") },
                    { value: "review", label: label("Review", "review") },
                    { value: "done", label: label("Done", "done") },
                    { value: "all", label: label("All", "all") },
                  ]}
                />
                <TextInput
                  ref={search}
                  size="xs"
                  aria-label="Search by pseudonym or report number"
                  placeholder="Pseudonym, report"
                  leftSection={<Glyph name="search" />}
                  rightSection={<KeyHint keys="/" />}
                  value={query}
                  onChange={(event) => setQuery(event.currentTarget.value)}
                />
              </div>
              {items.length === 0 && !rest.isFetching ? (
                <Empty>
                  {settled === ""
                    ? "Nothing here just now. New work appears by itself."
                    : `Nothing matches “${settled}” here.`}
                </Empty>
              ) : (
                [
                  { heading: null, from: 0, group: first, more: found },
                  { heading: "Going on without you", from: first.length, group: others, more: rest },
                ].map(({ heading, from, group, more }) => (
                  <Fragment key={heading}>
                    <Rows heading={group.length > 0 ? heading : null}>
                      {group.map((item, index) => (
                        <WorkRow
                          key={item.session + item.kind + item.pseudonym}
                          id={`work-${from + index}`}
                          item={item}
                          chosen={from + index === chosen}
                          onPoint={() => setAt(from + index)}
                        />
                      ))}
                    </Rows>
                    {group.length > 0 && <More pages={more} shown={group.length} what="lines" />}
                  </Fragment>
                ))
              )}
              <p className={styles.keys}>
                <KeyHint keys="j" /> <KeyHint keys="k" /> move, <KeyHint keys="Enter" /> open
              </p>
            </section>
            <aside className={styles.devices} aria-label="Stations">
              {pages[0]?.devices.map((card) => (
                <DeviceSummary key={card.device} card={card} />
              ))}
            </aside>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Rows({ heading, children }: { heading: string | null; children: ReactNode }) {
  return (
    <>
      {heading !== null && <h2 className={styles.heading}>{heading}</h2>}
      <ul>{children}</ul>
    </>
  );
}
