// What awaits the person who looks, and whether the stations are ready for the next client.
import { SegmentedControl, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
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
import { awaits, placeOf, type Show, shown } from "./selection";
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
  const items = shown(all, show, query, me.permissions);
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
      lead={<span>{me.display_name}, {awaitsText(all.filter((item) => awaits(item, me.permissions)))}</span>}
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
                <ul className={styles.rows}>
                  {items.map((item, index) => (
                    <WorkRow
                      key={item.session + item.kind + item.pseudonym}
                      id={`work-${index}`}
                      item={item}
                      chosen={index === chosen}
                      onPoint={() => setAt(index)}
                    />
                  ))}
                </ul>
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

function awaitsText(items: readonly WorkItem[]): string {
  if (items.length === 0) return "nothing awaits you";
  return items.length === 1 ? "1 thing awaits you" : `${items.length} things await you`;
}
