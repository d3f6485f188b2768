// Everybody who works or worked at the clinic: what they may do, and whether they can get in.
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import * as read from "../../api/queries";
import type { Person } from "../../api/types";
import { near } from "../../moments";
import { Empty } from "../../parts/Empty";
import { Glyph } from "../../parts/Glyph";
import { Loaded } from "../../parts/Loaded";
import { Mark } from "../../parts/Mark";
import { Page } from "../../parts/Page";
import { useMay } from "../../shell/me";
import { words } from "../../words";
import { ACCESS, inOrder, oneAdministrator } from "./access";
import styles from "./People.module.css";
import { RegisterDialog } from "./RegisterDialog";

export function People() {
  const found = useQuery(read.people);
  const administer = useMay("practitioners.administer");
  const [registering, setRegistering] = useState(false);
  return (
    <Page
      title="People"
      lead={<span>Who may do what here, given and taken by recorded facts. Whoever leaves stays listed.</span>}
      actions={administer && <Button onClick={() => setRegistering(true)}>Register a person</Button>}
    >
      {registering && <RegisterDialog onClose={() => setRegistering(false)} />}
      <Loaded query={found}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>
              Nobody is registered yet. <code>vultus found</code> registers the first administrator.
            </Empty>
          ) : (
            <>
              {administer && oneAdministrator(items) && <OnlyOne />}
              <div className={styles.sheet}>
                <table className="grid-table">
                  <thead>
                    <tr>
                      <th>Name</th>
                      <th>Roles</th>
                      <th>Access</th>
                      <th>Last signed in</th>
                    </tr>
                  </thead>
                  <tbody>
                    {inOrder(items).map((person) => (
                      <Row key={person.practitioner} person={person} />
                    ))}
                  </tbody>
                </table>
              </div>
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function OnlyOne() {
  return (
    <p className={styles.note} role="note">
      <Glyph name="warn" />
      <span>
        <strong>Only one person may administer.</strong> Whoever loses a phone or a password is helped by another
        administrator, never by themselves. Give the role to a second person.
      </span>
    </p>
  );
}

function Row({ person }: { person: Person }) {
  const { tone, text } = ACCESS[person.access];
  return (
    <tr>
      <td>
        <Link to="/people/$person" params={{ person: person.practitioner }} className={styles.name}>
          {person.display_name}
        </Link>
        <div className="quiet">
          {person.profession}
          {person.registration !== "" && `, ${person.registration}`}
        </div>
      </td>
      <td>{person.roles.length === 0 ? <span className="quiet">none</span> : person.roles.map(words).join(", ")}</td>
      <td>
        <Mark tone={tone}>{text}</Mark>
      </td>
      <td>{person.last_signed_in_at === null ? <span className="quiet">never</span> : near(person.last_signed_in_at)}</td>
    </tr>
  );
}
