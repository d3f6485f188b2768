// Review: pictures on the left, findings on the right, every judgement one key away.
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import * as read from "../../api/queries";
import { useStanding } from "../../api/standing";
import type { Assessment } from "../../api/types";
import { Glyph } from "../../parts/Glyph";
import { KeyHint } from "../../parts/KeyHint";
import { Loaded } from "../../parts/Loaded";
import { Mark } from "../../parts/Mark";
import { Page } from "../../parts/Page";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { WithheldCard } from "../../parts/WithheldCard";
import { useMay } from "../../shell/me";
import { AmendDialog } from "./AmendDialog";
import { Compared } from "./Compared";
import { Conclusion } from "./Conclusion";
import { FindingCard } from "./FindingCard";
import styles from "./Review.module.css";
import { mapOf, NO_MAP } from "./maps";
import { useReview } from "./reviewing";
import { notReadyBecause } from "./readiness";
import { Viewer } from "./Viewer";

const route = getRouteApi("/inside/assessments/$assessment");

const STATES = {
  open: <Mark tone="wait">Draft, not signed</Mark>,
  signed: <Mark tone="pass">Signed</Mark>,
  reported: <Mark tone="pass">Signed and reported</Mark>,
  amended: <Mark tone="pass">Signed, amended since</Mark>,
};

export function Review() {
  const { assessment } = route.useParams();
  const found = useQuery(read.assessment(assessment));
  return <Loaded query={found}>{(detail) => <Shown key={detail.assessment} detail={detail} />}</Loaded>;
}

function Shown({ detail }: { detail: Assessment }) {
  const review = useReview(detail, useMay("assessments.review"));
  const [about, setAbout] = useState(false);
  const [map, setMap] = useState(NO_MAP);
  const reviewed = detail.findings.filter((finding) => finding.verdict !== "none").length;
  return (
    <Page
      fill
      title={`Review ${detail.pseudonym}`}
      lead={
        <>
          {STATES[detail.state]}
          <span className={styles.support}>Clinical decision support, not a diagnosis</span>
          <Link to="/sessions/$session" params={{ session: detail.session }}>
            Session
          </Link>
          <Link to="/subjects/$subject" params={{ subject: detail.subject }}>
            Subject
          </Link>
        </>
      }
      actions={<NextStep detail={detail} />}
    >
      <div className={styles.columns}>
        <Viewer detail={detail} map={map} onMap={setMap} />
        <div className={styles.right}>
          <div className={styles.listHead}>
            <h2>Findings</h2>
            <span>
              {reviewed} of {detail.findings.length} reviewed
            </span>
            {review.may && (
              <span className={styles.keys}>
                <KeyHint keys="j" /> <KeyHint keys="k" /> move <KeyHint keys="a" /> accept{" "}
                <KeyHint keys="e" /> amend <KeyHint keys="r" /> reject
              </span>
            )}
          </div>
          {review.error && (
            <div className={styles.problem}>
              <ProblemNotice error={review.error} />
            </div>
          )}
          <div className={styles.scroll}>
            <ol className={styles.findings}>
              {detail.findings.map((finding, index) => (
                <FindingCard
                  key={finding.finding}
                  finding={finding}
                  change={detail.changes.find((each) => each.change === finding.change) ?? null}
                  chosen={index === review.at}
                  first={detail.findings[index - 1]?.category !== finding.category}
                  onChoose={() => review.choose(index)}
                  map={mapOf(finding.code, detail.artefacts)}
                  onMap={setMap}
                  actions={review}
                />
              ))}
            </ol>
            <div className={styles.after}>
              {detail.pairs.map((pair) => (
                <Compared key={pair.attempt} what="Colour" pair={pair} />
              ))}
              {detail.changes.map((change) => (
                <Compared key={change.change} what="Volume" pair={change} />
              ))}
              {detail.withheld.map((withheld) => (
                <WithheldCard key={withheld.attempt + withheld.output} withheld={withheld} />
              ))}
              <section className={styles.contra} aria-label="Contraindications">
                <button type="button" onClick={() => setAbout(!about)} aria-expanded={about}>
                  <Glyph name="warn" /> {detail.contraindications.length} contraindications of use
                </button>
                {about && (
                  <ul>
                    {detail.contraindications.map((text) => (
                      <li key={text}>{text}</li>
                    ))}
                  </ul>
                )}
              </section>
              <Conclusion detail={detail} editable={review.may} />
            </div>
          </div>
        </div>
      </div>
      {review.asked !== null && <AmendDialog {...review.asked} send={review.send} onClose={review.stopAsking} />}
    </Page>
  );
}

function NextStep({ detail }: { detail: Assessment }) {
  const standing = useStanding();
  const sign = useMay("assessments.sign");
  const { assessment, report } = detail;
  if (report) {
    return (
      <Button component={Link} to={`/reports/${report.report}`}>
        Report {report.number}
      </Button>
    );
  }
  if (!sign || detail.state !== "open") return null;
  const because = notReadyBecause(detail, standing);
  return because === null ? (
    <Button component={Link} to={`/assessments/${assessment}/sign-off`} leftSection={<Glyph name="pen" />}>
      Go to sign-off
    </Button>
  ) : (
    <>
      <span className={styles.because}>{because}</span>
      <Button disabled>Go to sign-off</Button>
    </>
  );
}
