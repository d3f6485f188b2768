// A report as issued: its pages, what proves it, and what came after.
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { pageUrl } from "../../api/images";
import * as read from "../../api/queries";
import type { Assessment, Report as ReportDetail } from "../../api/types";
import { dayAndClock } from "../../moments";
import { Digest } from "../../parts/Digest";
import { Facts } from "../../parts/Facts";
import { Glyph } from "../../parts/Glyph";
import { Loaded } from "../../parts/Loaded";
import { Mark } from "../../parts/Mark";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { useMay } from "../../shell/me";
import { words } from "../../words";
import { AmendReport } from "./AmendReport";
import { Downloads } from "./Downloads";
import styles from "./Report.module.css";

const route = getRouteApi("/inside/reports/$report");

export function Report() {
  const { report } = route.useParams();
  const found = useQuery(read.report(report));
  return <Loaded query={found}>{(detail) => <WithAssessment detail={detail} />}</Loaded>;
}

/** Signature and amendments belong to the assessment that the report was issued from. */
function WithAssessment({ detail }: { detail: ReportDetail }) {
  const found = useQuery(read.assessment(detail.assessment));
  return <Loaded query={found}>{(assessed) => <Shown detail={detail} assessed={assessed} />}</Loaded>;
}

function Shown({ detail, assessed }: { detail: ReportDetail; assessed: Assessment }) {
  const [amending, setAmending] = useState(false);
  const maySign = useMay("assessments.sign");
  const { report, flags } = detail;
  const { amendments, signature } = assessed;
  return (
    <Page
      fill
      title={`Report ${detail.number}`}
      lead={
        <>
          {flags.length > 0 ? <Mark tone="fail" glyph="flag">Flagged</Mark> : <Mark tone="pass">Issued</Mark>}
          {amendments.length > 0 && <Mark tone="warn" glyph="pen">Amended</Mark>}
          <Link to="/subjects/$subject" params={{ subject: detail.subject }} className="mono">
            {assessed.pseudonym}
          </Link>
          <Link to="/assessments/$assessment" params={{ assessment: detail.assessment }}>
            Assessment
          </Link>
        </>
      }
      actions={
        <>
          <Button component={Link} to={`/reports/${report}/trace`} variant="default" leftSection={<Glyph name="chain" />}>
            Why? Trace to the raw frames
          </Button>
          {maySign && (
            <Button variant="default" leftSection={<Glyph name="pen" />} onClick={() => setAmending(true)}>
              Amend
            </Button>
          )}
        </>
      }
    >
      <div className={styles.columns}>
        <div className={styles.pages} tabIndex={0} role="region" aria-label="Pages of the report">
          {Array.from({ length: detail.pages }, (_, index) => (
            <img
              key={index}
              src={pageUrl(report, index + 1)}
              alt={`Page ${index + 1} of ${detail.pages}; the PDF holds the same as text`}
            />
          ))}
        </div>
        <div className={styles.side}>
          {flags.map((flag) => (
            <section key={flag.cause + flag.reason} className={styles.flag} role="alert">
              <strong>
                <Glyph name="flag" /> Something this report rests on was found defective
              </strong>
              <p>{flag.reason}</p>
              {flag.at && <p className="quiet">{dayAndClock(flag.at)}</p>}
            </section>
          ))}
          <Downloads detail={detail} />
          <Panel title="Proof">
            <Facts
              items={[
                ["Verification code", <strong className="mono">{detail.verification_code}</strong>],
                ["Document", <Digest value={detail.digest} />],
                ["What was signed", <Digest value={detail.signed_digest} />],
                ["Signed by", signature?.signer_name],
                ["Meaning", signature && words(signature.meaning)],
                ["Signed", signature && dayAndClock(signature.signed_at)],
                ["Issued", dayAndClock(detail.issued_at)],
                ["Rendered by", detail.renderer],
                ["Pages", detail.pages],
                ["Record", <span className="mono">position {detail.seq}</span>],
              ]}
            />
          </Panel>
          {amendments.length > 0 && (
            <Panel title="Amendments">
              <ol className={styles.amendments}>
                {amendments.map((amendment) => (
                  <li key={amendment.number}>
                    <p>{amendment.text}</p>
                    <p className="quiet">
                      {amendment.signature.signer_name}, {dayAndClock(amendment.signature.signed_at)},{" "}
                      <Digest value={amendment.signature.digest} />
                    </p>
                  </li>
                ))}
              </ol>
            </Panel>
          )}
        </div>
      </div>
      <AmendReport assessment={assessed} opened={amending} onClose={() => setAmending(false)} />
    </Page>
  );
}
