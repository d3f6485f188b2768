// One person: what they may do, how they get in, and everything that was given to them and taken.
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { answer, client, writing } from "../../api/client";
import * as read from "../../api/queries";
import type { PersonDetail, Role } from "../../api/types";
import { dayAndClock, near } from "../../moments";
import { Empty } from "../../parts/Empty";
import { Facts } from "../../parts/Facts";
import { Loaded } from "../../parts/Loaded";
import { Mark } from "../../parts/Mark";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { useMay, useMe } from "../../shell/me";
import { words } from "../../words";
import { ACCESS, credentialName, ROLES } from "./access";
import { CredentialsDialog } from "./CredentialsDialog";
import { History } from "./History";
import styles from "./People.module.css";
import { RoleDialog } from "./RoleDialog";

const route = getRouteApi("/inside/people/$person");
const DOES = new Map<string, string>(ROLES);

export function Person() {
  const { person } = route.useParams();
  const found = useQuery(read.person(person));
  return <Loaded query={found}>{(detail) => <Shown person={detail} />}</Loaded>;
}

function Shown({ person }: { person: PersonDetail }) {
  const administer = useMay("practitioners.administer");
  const own = useMe().practitioner === person.practitioner;
  const [asked, setAsked] = useState<"credentials" | "role" | "end" | null>(null);
  const close = () => setAsked(null);
  const { tone, text } = ACCESS[person.access];
  const gone = person.access === "none";
  return (
    <Page
      title={person.display_name}
      lead={
        <>
          <Mark tone={tone}>{text}</Mark>
          <span>{person.profession}</span>
          {person.registration !== "" && <span>Registration {person.registration}</span>}
        </>
      }
      actions={
        administer &&
        !own && (
          <>
            <Button variant="default" onClick={() => setAsked("credentials")}>
              {gone ? "Give access" : "Issue password or one-time secret"}
            </Button>
            {!gone && (
              <Button variant="default" color="red" onClick={() => setAsked("end")}>
                End access
              </Button>
            )}
          </>
        )
      }
    >
      {asked === "credentials" && <CredentialsDialog person={person} onClose={close} />}
      {asked === "role" && <RoleDialog person={person} onClose={close} />}
      <EndDialog person={person} opened={asked === "end"} onClose={close} />
      <div className={styles.columns}>
        <History person={person} />
        <div className={styles.column}>
          <Roles person={person} mayTake={administer} own={own} onGive={administer && !own && !gone ? () => setAsked("role") : null} />
          <Access person={person} own={own && administer} />
        </div>
      </div>
    </Page>
  );
}

interface RolesProps {
  person: PersonDetail;
  mayTake: boolean;
  own: boolean;
  onGive: (() => void) | null;
}

function Roles({ person, mayTake, own, onGive }: RolesProps) {
  const [taking, setTaking] = useState<string | null>(null);
  const give = onGive && (
    <Button size="compact-sm" variant="default" onClick={onGive}>
      Give a role
    </Button>
  );
  return (
    <Panel title="Roles" aside={give} flush>
      {person.roles.length === 0 ? (
        <Empty>None. Without a role nothing opens.</Empty>
      ) : (
        <ul className={styles.roles}>
          {person.roles.map((role) => (
            <li key={role}>
              <span>
                <strong>{words(role)}</strong>
                <span className="quiet">{DOES.get(role)}</span>
              </span>
              {mayTake && !(own && role === "administrator") && (
                <Button size="compact-sm" variant="default" aria-label={`Take the role ${words(role)}`} onClick={() => setTaking(role)}>
                  Take
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {taking !== null && (
        <ReasonDialog
          title={`Take the role ${words(taking)}`}
          verb="Take the role"
          danger
          opened
          onClose={() => setTaking(null)}
          send={(reason, key) =>
            answer(
              client.POST("/practitioners/{practitioner}/roles", {
                params: { path: { practitioner: person.practitioner } },
                body: { role: taking as Role, grant: false, reason },
                headers: writing(key),
              }),
            )
          }
        >
          <p>It ends at once, also where {person.display_name} is working just now.</p>
        </ReasonDialog>
      )}
    </Panel>
  );
}

function Access({ person, own }: { person: PersonDetail; own: boolean }) {
  const seen = person.last_signed_in_at;
  return (
    <Panel title="Access">
      <Facts
        items={[
          ["Account", person.account && <span className="mono">{person.account}</span>],
          ...person.credentials.map(
            ({ credential, own: chosen, issued_by, issued_at }) =>
              [
                credentialName(credential),
                chosen
                  ? `their own, since ${dayAndClock(issued_at)}`
                  : `issued ${dayAndClock(issued_at)} by ${issued_by ?? "the service"}${credential === "password" ? ", not yet replaced" : ""}`,
              ] as const,
          ),
          ["Signed in", seen === null ? "never" : `last ${near(seen)}`],
        ]}
      />
      {person.access === "none" && <p className={styles.below}>Nothing lets this person in. The account’s name stays theirs.</p>}
      {own && (
        <p className={styles.below}>
          Your own access is changed by another administrator. Your password you change under your name, above.
        </p>
      )}
    </Panel>
  );
}

function EndDialog({ person, opened, onClose }: { person: PersonDetail; opened: boolean; onClose: () => void }) {
  return (
    <ReasonDialog
      title={`End the access of ${person.display_name}`}
      verb="End access"
      danger
      opened={opened}
      onClose={onClose}
      send={(reason, key) =>
        answer(
          client.POST("/practitioners/{practitioner}/end-access", {
            params: { path: { practitioner: person.practitioner } },
            body: { reason },
            headers: writing(key),
          }),
        )
      }
    >
      <p>
        Every sign-in ends at once. Password, one-time secret and all roles are taken; what {person.display_name} signed
        stays theirs, and the account’s name goes to nobody else.
      </p>
    </ReasonDialog>
  );
}
