// The record itself, newest first, in readable words.
import { Button, Checkbox, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { runsOf } from "../../api/looks";
import * as read from "../../api/queries";
import { Empty } from "../../parts/Empty";
import { Glyph } from "../../parts/Glyph";
import { Loaded } from "../../parts/Loaded";
import { Page } from "../../parts/Page";
import { AuditRow } from "./AuditRow";
import styles from "./AuditTrail.module.css";
import { LooksRow } from "./LooksRow";

const route = getRouteApi("/inside/audit-trail");

interface Start {
  before: number | undefined;
  within: boolean;
}

const NEWEST: Start = { before: undefined, within: false };

export function AuditTrail() {
  const { stream } = route.useSearch();
  return <Shown key={stream ?? "all"} stream={stream} />;
}

function Shown({ stream }: { stream: string | undefined }) {
  const navigate = route.useNavigate();
  const [typed, setTyped] = useState({ actor: "", name: "" });
  const [settled] = useDebouncedValue(typed, 250);
  const [apart, setApart] = useState(false);
  // Where each page shown so far began, and whether within reads; the newest page has no beginning.
  const [starts, setStarts] = useState<Start[]>([NEWEST]);
  const found = useQuery(
    read.auditTrail({
      before: starts.at(-1)?.before,
      stream,
      actor: settled.actor.trim() || undefined,
      name: settled.name.replaceAll(" ", "").trim() || undefined,
    }),
  );
  const narrow = (change: Partial<typeof typed>) => {
    setTyped({ ...typed, ...change });
    setStarts([NEWEST]);
  };
  return (
    <Page title="Audit trail" lead={<span>Every fact in the record. Nothing here can be edited; that you look is recorded, too.</span>}>
      <div className={styles.sheet}>
        <div className={styles.tools}>
          <TextInput
            size="xs"
            aria-label="Kind of event"
            placeholder="Event, such as AttemptSubmitted"
            leftSection={<Glyph name="search" />}
            value={typed.name}
            onChange={(event) => narrow({ name: event.currentTarget.value })}
          />
          <TextInput
            size="xs"
            aria-label="Who"
            placeholder="Who, such as service:quality"
            value={typed.actor}
            onChange={(event) => narrow({ actor: event.currentTarget.value })}
          />
          <Checkbox
            size="xs"
            label="Each read on a line of its own"
            checked={apart}
            onChange={(event) => setApart(event.currentTarget.checked)}
          />
          {stream !== undefined && (
            <span className={styles.only}>
              Only <code>{stream}</code>
              <Button size="compact-xs" variant="default" onClick={() => void navigate({ search: {} })}>
                Show all
              </Button>
            </span>
          )}
        </div>
        <Loaded query={found}>
          {({ items, next, cut }) => (
            <>
              {items.length === 0 ? (
                <Empty>Nothing matches. Names of events are written as one word, such as SessionOpened.</Empty>
              ) : (
                <div className={styles.table}>
                  <table className="grid-table">
                    <thead>
                      <tr>
                        <th className="number">Position</th>
                        <th>When</th>
                        <th>What</th>
                        <th>Who</th>
                        <th>Where</th>
                        <th>
                          <span className="visually-hidden">More</span>
                        </th>
                      </tr>
                    </thead>
                    <tbody>
                      {(apart ? items.map((item) => [item]) : runsOf(items)).map((run, at, runs) => {
                        const [item] = run;
                        if (item === undefined) return null;
                        const goesOn = cut && at === runs.length - 1;
                        const came = at === 0 && starts.at(-1)?.within === true;
                        return run.length === 1 ? (
                          <AuditRow key={item.seq} item={item} />
                        ) : (
                          <LooksRow key={item.seq} items={run} goesOn={goesOn} came={came} />
                        );
                      })}
                    </tbody>
                  </table>
                </div>
              )}
              <div className={styles.paging}>
                <Button size="compact-sm" variant="default" disabled={starts.length === 1} onClick={() => setStarts(starts.slice(0, -1))}>
                  Newer
                </Button>
                <span className="quiet">
                  {items.length > 0 && `Positions ${items[0]?.seq} to ${items.at(-1)?.seq}`}
                </span>
                <Button
                  size="compact-sm"
                  variant="default"
                  disabled={next === null}
                  onClick={() => setStarts([...starts, { before: next ?? undefined, within: cut }])}
                >
                  Older
                </Button>
              </div>
            </>
          )}
        </Loaded>
      </div>
      <p className={styles.foot}>
        Reads of one thing by one person for one purpose that follow one another here are one line, which opens to every
        record of it; a page does not end within them. To check the record yourself, see <Link to="/record">its health</Link>.
      </p>
    </Page>
  );
}
