// The record itself, newest first, in readable words.
import { Button, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import * as read from "../../api/queries";
import { Empty } from "../../parts/Empty";
import { Glyph } from "../../parts/Glyph";
import { Loaded } from "../../parts/Loaded";
import { Page } from "../../parts/Page";
import { AuditRow } from "./AuditRow";
import styles from "./AuditTrail.module.css";

const route = getRouteApi("/inside/audit-trail");

export function AuditTrail() {
  const { stream } = route.useSearch();
  return <Shown key={stream ?? "all"} stream={stream} />;
}

function Shown({ stream }: { stream: string | undefined }) {
  const navigate = route.useNavigate();
  const [typed, setTyped] = useState({ actor: "", name: "" });
  const [settled] = useDebouncedValue(typed, 250);
  // Where each page shown so far began; the newest page has no beginning.
  const [starts, setStarts] = useState<(number | undefined)[]>([undefined]);
  const found = useQuery(
    read.auditTrail({
      before: starts.at(-1),
      stream,
      actor: settled.actor.trim() || undefined,
      name: settled.name.replaceAll(" ", "").trim() || undefined,
    }),
  );
  const narrow = (change: Partial<typeof typed>) => {
    setTyped({ ...typed, ...change });
    setStarts([undefined]);
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
          {({ items, next }) => (
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
                      {items.map((item) => (
                        <AuditRow key={item.seq} item={item} />
                      ))}
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
                  disabled={next == null || items.length < read.AUDIT_PAGE}
                  onClick={() => setStarts([...starts, next ?? undefined])}
                >
                  Older
                </Button>
              </div>
            </>
          )}
        </Loaded>
      </div>
      <p className={styles.foot}>
        To check the record yourself, see <Link to="/record">its health</Link>.
      </p>
    </Page>
  );
}
