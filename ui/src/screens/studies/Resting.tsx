// What rests on a study: claims that name it by digest, and the reports told under them.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import * as read from "../../api/queries";
import type { Claim, StudyDetail } from "../../api/types";
import { Loaded } from "../../parts/Loaded";
import { Panel } from "../../parts/Panel";
import { useMay } from "../../shell/me";
import { words } from "../../words";
import styles from "./Studies.module.css";

const MOST_SHOWN = 8;

export function Resting({ study }: { study: StudyDetail }) {
  const may = useMay("claims.read");
  return may ? (
    <Panel title="What rests on it">
      <Claims study={study} />
    </Panel>
  ) : null;
}

function Claims({ study }: { study: StudyDetail }) {
  const found = useQuery(read.claims);
  return (
    <Loaded query={found}>
      {({ items }) => {
        const resting = items.filter((claim) => names(claim, study));
        return resting.length === 0 ? (
          <p className="quiet">No claim names this study.</p>
        ) : (
          <ul className={styles.steps}>
            {resting.map((claim) => (
              <li key={claim.claim}>
                <span>
                  <Link to="/devices">Claim about {words(claim.output).toLowerCase()}</Link>, {claim.state}
                </span>
                <Reports claim={claim.claim} />
              </li>
            ))}
          </ul>
        );
      }}
    </Loaded>
  );
}

/** Whether a claim names the study: by its plan, its result, its cases or its report. */
export function names(claim: Claim, { plan_digest, result_digest, result }: StudyDetail): boolean {
  const digests = [plan_digest, result_digest, result?.data, result?.report.digest];
  return claim.content.evidence.some((evidence) => digests.includes(evidence.study));
}

function Reports({ claim }: { claim: string }) {
  const may = useMay("trace.read");
  const found = useQuery({ ...read.restingOn("claim", claim), enabled: may });
  const reports = found.data?.reports ?? [];
  if (!may || found.data === undefined) return null;
  if (reports.length === 0) return <span className="quiet">No report is told under it.</span>;
  return (
    <span className={styles.reports}>
      {reports.slice(0, MOST_SHOWN).map((report) => (
        <Link key={report} to="/reports/$report/trace" params={{ report }}>
          Trace of report <span className="mono">{report.slice(0, 8)}</span>
        </Link>
      ))}
      {reports.length > MOST_SHOWN && <span className="quiet">and {reports.length - MOST_SHOWN} more</span>}
    </span>
  );
}
