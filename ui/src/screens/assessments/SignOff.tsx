// Sign-off: on the left exactly what is signed, on the right the signature.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { answer, client, writing } from "../../api/client";
import { previewUrl } from "../../api/images";
import * as read from "../../api/queries";
import { useStanding } from "../../api/standing";
import type { Assessment, Finding } from "../../api/types";
import { Loaded } from "../../parts/Loaded";
import { Mark } from "../../parts/Mark";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { SigningForm } from "../../parts/SigningForm";
import { quantity, unitText } from "../../quantities";
import { useMe } from "../../shell/me";
import { words } from "../../words";
import { notReadyBecause } from "./readiness";
import styles from "./SignOff.module.css";

const route = getRouteApi("/inside/assessments/$assessment/sign-off");

const VERDICTS = {
  none: <Mark tone="plain">Not reviewed</Mark>,
  accepted: <Mark tone="pass">Accepted</Mark>,
  amended: <Mark tone="warn" glyph="pen">Amended</Mark>,
  rejected: <Mark tone="fail">Rejected</Mark>,
};

export function SignOff() {
  const { assessment } = route.useParams();
  const found = useQuery(read.assessment(assessment));
  return <Loaded query={found}>{(detail) => <Shown detail={detail} />}</Loaded>;
}

function Shown({ detail }: { detail: Assessment }) {
  const me = useMe();
  const standing = useStanding();
  const navigate = useNavigate();
  const { assessment, presentation, version } = detail;
  const signed = detail.state !== "open";
  return (
    <Page
      title={`Sign off ${detail.pseudonym}`}
      lead={
        <>
          <span>What you see here, and nothing else, is what your signature covers.</span>
          <Link to="/assessments/$assessment" params={{ assessment }}>
            Back to the review
          </Link>
        </>
      }
    >
      <div className={styles.columns}>
        <Presented detail={detail} />
        <div className={styles.side}>
          <Panel title={signed ? "Signed" : "Your signature"}>
            {signed ? (
              <p>
                Signed by {detail.signature?.signer_name}. The report appears on the{" "}
                <Link to="/assessments/$assessment" params={{ assessment }}>
                  assessment
                </Link>{" "}
                as soon as it is issued.
              </p>
            ) : (
              <SigningForm
                key={presentation.digest}
                digest={presentation.digest}
                signer={me.display_name}
                verb="Sign"
                meanings={["approved", "reviewed", "authored"]}
                blocked={notReadyBecause(detail, standing)}
                sign={(proof, key) =>
                  answer(
                    client.POST("/assessments/{assessment}/sign-off", {
                      params: { path: { assessment } },
                      body: proof,
                      headers: writing(key, version),
                    }),
                  )
                }
                onDone={() => void navigate({ to: "/assessments/$assessment", params: { assessment } })}
              />
            )}
          </Panel>
          <p className={styles.note}>
            The report is issued from these very bytes. Whatever comes later is an amendment with its
            own signature.
          </p>
        </div>
      </div>
    </Page>
  );
}

function Presented({ detail }: { detail: Assessment }) {
  const rejected = detail.findings.filter((finding) => finding.verdict === "rejected");
  const kept = detail.findings.filter((finding) => finding.verdict !== "rejected");
  const seen = detail.frames.filter((frame) => frame.role !== "right");
  return (
    <article className={styles.sheet}>
      <header>
        <h2>Assessment of {detail.pseudonym}</h2>
        <Mark tone="plain">Clinical decision support</Mark>
      </header>
      <section>
        <h3>Conclusion</h3>
        <p className={styles.conclusion}>{detail.conclusion || "None was written."}</p>
      </section>
      <section>
        <h3>Findings</h3>
        <FindingTable findings={kept} />
      </section>
      {rejected.length > 0 && (
        <section>
          <h3>Rejected, left out of the results</h3>
          <FindingTable findings={rejected} />
        </section>
      )}
      {detail.withheld.length > 0 && (
        <section>
          <h3>Not measured, and why</h3>
          <ul className={styles.list}>
            {detail.withheld.map((each) => (
              <li key={each.attempt + each.output}>
                <strong>{words(each.output)}:</strong> {each.evidence}
              </li>
            ))}
          </ul>
        </section>
      )}
      <section>
        <h3>
          Pictures <span className="quiet">{detail.frames.length} frames</span>
        </h3>
        <ul className={styles.pictures}>
          {seen.map((frame) => (
            <li key={frame.digest}>
              <img src={previewUrl(frame.digest, frame.session, 320)} alt={`${words(frame.view)} view`} />
              {words(frame.view)}
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h3>Contraindications of use</h3>
        <ul className={styles.list}>
          {detail.contraindications.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      </section>
      <details className={styles.bytes}>
        <summary>What is signed, as data</summary>
        <pre>{JSON.stringify(detail.presentation.content, null, 1)}</pre>
      </details>
    </article>
  );
}

function FindingTable({ findings }: { findings: readonly Finding[] }) {
  return (
    <table className={styles.findings}>
      <tbody>
        {findings.map((finding) => (
          <tr key={finding.finding}>
            <td>{finding.label}</td>
            <td className={styles.value}>{resultOf(finding)}</td>
            <td className={styles.small}>
              {finding.reason_code ? words(finding.reason_code) : `confidence ${finding.confidence.toFixed(2)}`}
            </td>
            <td className={styles.verdict}>{VERDICTS[finding.verdict]}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What the report will say: the amended value where there is one, beside the measured one. */
export function resultOf(finding: Finding): string {
  const unit = unitText(finding.unit);
  const measured =
    finding.value === null
      ? (finding.text ?? "")
      : `${quantity(finding.value, finding.uncertainty)} ${unit}`.trim();
  if (finding.verdict !== "amended") return measured;
  const amended =
    finding.amended_value == null
      ? (finding.amended_text ?? "")
      : `${quantity(finding.amended_value, null)} ${unit}`.trim();
  return `${amended} (measured ${measured})`;
}
