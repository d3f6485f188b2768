// One subject: who it is, what was consented to, and everything that happened, in order.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import * as read from "../../api/queries";
import type { Subject as SubjectDetail } from "../../api/types";
import { birthDate, day } from "../../moments";
import { Facts } from "../../parts/Facts";
import { Glyph } from "../../parts/Glyph";
import { Loaded } from "../../parts/Loaded";
import { Mark } from "../../parts/Mark";
import { Page } from "../../parts/Page";
import { useMay } from "../../shell/me";
import start from "../worklist/Worklist.module.css";
import { Consents } from "./Consents";
import { Erasure } from "./Erasure";
import styles from "./Subjects.module.css";
import { Timeline } from "./Timeline";

const route = getRouteApi("/inside/subjects/$subject");

export function Subject() {
  const { subject } = route.useParams();
  const found = useQuery(read.subject(subject));
  return <Loaded query={found}>{(detail) => <Shown detail={detail} />}</Loaded>;
}

function Shown({ detail }: { detail: SubjectDetail }) {
  const operate = useMay("sessions.operate");
  const erased = detail.erased_at !== null;
  return (
    <Page
      title={detail.pseudonym}
      lead={<span>Subject</span>}
      actions={
        operate &&
        !erased && (
          <Link
            to="/subjects/$subject/capture"
            params={{ subject: detail.subject }}
            className={start.start}
          >
            <Glyph name="plus" /> Start a capture
          </Link>
        )
      }
    >
      <Banner detail={detail} />
      <div className={styles.columns}>
        <div className={styles.column}>
          <Timeline detail={detail} />
        </div>
        <div className={styles.column}>
          <Consents subject={detail.subject} consents={detail.consents} closed={erased} />
          <Erasure detail={detail} />
        </div>
      </div>
    </Page>
  );
}

/** Two identifiers side by side, to be checked with the person in the chair. */
function Banner({ detail }: { detail: SubjectDetail }) {
  const { identity, erased_at, holds } = detail;
  return (
    <section className={styles.banner} aria-label="Identity">
      {identity === null ? (
        <div>
          <div className={styles.name}>{erased_at === null ? detail.pseudonym : "Erased"}</div>
          <div className="quiet">
            {erased_at === null
              ? "Your role does not show the name."
              : `The key was destroyed on ${day(erased_at)}. What remains here proves that things happened, not to whom.`}
          </div>
        </div>
      ) : (
        <>
          <div className={styles.name}>
            {identity.family_name}, {identity.given_name}
          </div>
          <Facts
            wide
            items={[
              ["Date of birth", birthDate(identity.date_of_birth)],
              ["Clinic number", <span className="mono">{identity.clinic_number}</span>],
              ["Pseudonym", <span className="mono">{detail.pseudonym}</span>],
            ]}
          />
        </>
      )}
      <div className={styles.marks}>
        {holds.length > 0 && (
          <Mark tone="held" glyph="lock">
            Legal hold: {holds.join(", ")}
          </Mark>
        )}
        {detail.erasure_request !== null && !erased_at && <Mark tone="warn">Erasure requested</Mark>}
        {erased_at !== null && <Mark tone="held">Erased</Mark>}
      </div>
    </section>
  );
}
