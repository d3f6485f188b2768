// Finding a subject, or enrolling a new one.
import { Button, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useRef, useState } from "react";
import * as read from "../../api/queries";
import { near } from "../../moments";
import { Empty } from "../../parts/Empty";
import { Glyph } from "../../parts/Glyph";
import { KeyHint } from "../../parts/KeyHint";
import { useKeys } from "../../parts/keys";
import { Loaded } from "../../parts/Loaded";
import { Mark } from "../../parts/Mark";
import { More } from "../../parts/More";
import { Page } from "../../parts/Page";
import { useMay } from "../../shell/me";
import { EnrolDialog } from "./EnrolDialog";
import styles from "./Subjects.module.css";

export function Subjects() {
  const search = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState("");
  const [settled] = useDebouncedValue(query, 200);
  const [enrolling, setEnrolling] = useState(false);
  const identify = useMay("subjects.identify");
  const found = useInfiniteQuery(read.subjects(settled, identify));
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  const enrol = useMay("subjects.enrol");
  useKeys({ "/": () => search.current?.focus() });

  return (
    <Page
      title="Subjects"
      lead={identify ? <span>Names are shown to you; that you looked is recorded.</span> : undefined}
      actions={enrol && <Button onClick={() => setEnrolling(true)}>Enrol a subject</Button>}
    >
      <EnrolDialog opened={enrolling} onClose={() => setEnrolling(false)} />
      <div className={styles.sheet}>
        <div className={styles.tools}>
          <TextInput
            ref={search}
            aria-label="Search subjects"
            placeholder={identify ? "Pseudonym, name or clinic number" : "Pseudonym"}
            leftSection={<Glyph name="search" />}
            rightSection={<KeyHint keys="/" />}
            value={query}
            onChange={(event) => setQuery(event.currentTarget.value)}
          />
        </div>
        <Loaded query={found}>
          {() =>
            items.length === 0 ? (
              <Empty>Nobody matches. Check the spelling, or enrol a new subject.</Empty>
            ) : (
              <table className="grid-table">
                <thead>
                  <tr>
                    <th>Pseudonym</th>
                    {identify && <th>Name</th>}
                    <th>Sessions</th>
                    <th>Last session</th>
                    <th>State</th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((row) => (
                    <tr key={row.subject}>
                      <td>
                        <Link
                          to="/subjects/$subject"
                          params={{ subject: row.subject }}
                          className={styles.pseudonym}
                        >
                          {row.pseudonym}
                        </Link>
                      </td>
                      {identify && <td>{row.display_name ?? <span className="quiet">none</span>}</td>}
                      <td>{row.sessions}</td>
                      <td>{row.last_session_at === null ? "never" : near(row.last_session_at)}</td>
                      <td>
                        {row.erased ? <Mark tone="held">Erased</Mark> : <Mark tone="pass">In the record</Mark>}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )
          }
        </Loaded>
        <More pages={found} shown={items.length} what="subjects" />
      </div>
    </Page>
  );
}
