// What awaits the person who looks, and whether the stations are ready for the next client.
import { SegmentedControl, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useRef, useState } from "react";
import * as read from "../../api/queries";
import type { WorkItem } from "../../api/types";
import { Empty } from "../../parts/Empty";
import { Glyph } from "../../parts/Glyph";
import { KeyHint } from "../../parts/KeyHint";
import { useKeys } from "../../parts/keys";
import { Loaded } from "../../parts/Loaded";
import { Page } from "../../parts/Page";
import { useMe } from "../../shell/me";
import { DeviceSummary } from "./DeviceSummary";
import { others, placeOf, type Show, shown } from "./selection";
import { WorkRow } from "./WorkRow";
import styles from "./Worklist.module.css";

export function Worklist() {
  const me = useMe();
  const found = useQuery(read.worklist);
  const navigate = useNavigate();
  const search = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState("");
  const [show, setShow] = useState<Show>("mine");
  const [at, setAt] = useState(0);
  const all = found.data?.items ?? [];
  const first = shown(all, show, query, me.permissions);
  const rest = show === "mine" ? others(all, query, me.permissions) : [];
  const items = [...first, ...rest];
  const chosen = Math.min(at, Math.max(0, items.length - 1));
  const number = (which: Show) => shown(all, which, "", me.permissions).length;

  function move(by: number): void {
    const next = Math.min(items.length - 1, Math.max(0, chosen + by));
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
      lead={<span>{awaitsText(number("mine"))}</span>}
      actions={
        <Link to="/subjects" className={styles.start}>
          <Glyph name="plus" /> New capture
        </Link>
      }
    >
      <Loaded query={found}>
        {(worklist) => (
          <div className={styles.columns}>
            <section className={styles.work} aria-label="Work">
              <div className={styles.tools}>
                <SegmentedControl
                  aria-label="Show"
                  value={show}
                  onChange={(value) => setShow(value as Show)}
                  data={[
                    { value: "mine", label: `Awaiting me ${number("mine")}` },
                    { value: "capture", label: `Capture ${number("capture")}` },
                    { value: "review", label: `Review ${number("review")}` },
                    { value: "done", label: `Done ${number("done")}` },
                    { value: "all", label: `All ${all.length}` },
                  ]}
                />
                <TextInput
                  ref={search}
                  size="xs"
                  aria-label="Search by pseudonym, station or report number"
                  placeholder="Pseudonym, station, report"
                  leftSection={<Glyph name="search" />}
                  rightSection={<KeyHint keys="/" />}
                  value={query}
                  onChange={(event) => setQuery(event.currentTarget.value)}
                />
              </div>
              {items.length === 0 ? (
                <Empty>
                  {query === ""
                    ? "Nothing here just now. New work appears by itself."
                    : `Nothing matches “${query}” here.`}
                </Empty>
              ) : (
                [
                  { heading: null, from: 0, group: first },
                  { heading: "Going on without you", from: first.length, group: rest },
                ].map(({ heading, from, group }) => (
                  <Rows key={from} heading={group.length > 0 ? heading : null}>
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
                ))
              )}
              <p className={styles.keys}>
                <KeyHint keys="j" /> <KeyHint keys="k" /> move, <KeyHint keys="Enter" /> open
              </p>
            </section>
            <aside className={styles.devices} aria-label="Stations">
              {worklist.devices.map((card) => (
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

function awaitsText(number: number): string {
  if (number === 0) return "Nothing awaits you";
  return number === 1 ? "1 thing awaits you" : `${number} things await you`;
}
