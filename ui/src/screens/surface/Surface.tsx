// The surface of one attempt: drawn, described, with what limits it, and ready to be taken away.
import { Alert, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import * as read from "../../api/queries";
import type { Attempt, Session } from "../../api/types";
import { dayAndClock, dayAndSeconds } from "../../moments";
import { Digest } from "../../parts/Digest";
import { Empty } from "../../parts/Empty";
import { Facts } from "../../parts/Facts";
import { Loaded } from "../../parts/Loaded";
import { Mark } from "../../parts/Mark";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { WithheldCard } from "../../parts/WithheldCard";
import { number, words } from "../../words";
import { attemptOf, surfaceOf } from "./described";
import { boxText, shareText } from "./summary";
import { SurfaceDownloads } from "./SurfaceDownloads";
import { SurfacePane } from "./SurfacePane";
import styles from "./Surface.module.css";
import { type Fetched, useSurface } from "./useSurface";

const route = getRouteApi("/inside/sessions/$session/attempts/$attempt/surface");

/** What is withheld because of depth; the review shows the rest. */
const OF_DEPTH = ["depth-map", "volume-change"];

export function Surface() {
  const { session, attempt } = route.useParams();
  const found = useQuery(read.session(session));
  return (
    <Loaded query={found}>
      {(detail) => {
        const one = attemptOf(detail, attempt);
        return one ? <Shown key={attempt} detail={detail} attempt={one} /> : <NoAttempt session={session} />;
      }}
    </Loaded>
  );
}

function Shown({ detail, attempt }: { detail: Session; attempt: Attempt }) {
  const surface = surfaceOf(attempt);
  const query = useSurface(detail.session, surface);
  const view = words(attempt.view).toLowerCase();
  const withheld = detail.withheld.filter((each) => each.attempt === attempt.attempt && OF_DEPTH.includes(each.output));
  return (
    <Page
      fill
      title={`Surface ${detail.pseudonym}`}
      lead={
        <>
          <span>
            {words(attempt.view)} view, attempt {attempt.number}
          </span>
          <span>{dayAndClock(attempt.captured_at ?? attempt.committed_at)}</span>
          <span className={styles.support}>Clinical decision support, not a diagnosis</span>
          <Link to="/sessions/$session" params={{ session: detail.session }}>
            Session
          </Link>
          <Link to="/subjects/$subject" params={{ subject: detail.subject }}>
            Subject
          </Link>
        </>
      }
      actions={
        detail.assessment && (
          <Button variant="default" component={Link} to={`/assessments/${detail.assessment}`}>
            Review findings
          </Button>
        )
      }
    >
      <div className={styles.columns}>
        <section className={styles.pane} aria-label="Surface">
          {surface ? (
            <SurfacePane
              session={detail.session}
              surface={surface}
              query={query}
              view={attempt.view}
              label={`Surface, ${view} view, attempt ${attempt.number}`}
            />
          ) : (
            <div className={styles.instead}>
              <p>{missingBecause(attempt)}</p>
            </div>
          )}
        </section>
        <div className={styles.side}>
          <Calibration detail={detail} attempt={attempt} />
          {withheld.map((each) => (
            <WithheldCard key={each.output} withheld={each} />
          ))}
          <Origin detail={detail} attempt={attempt} fetched={query.data} />
          <Limits attempt={attempt} />
          {attempt.depth && (
            <SurfaceDownloads depth={attempt.depth} session={detail.session} triangles={query.data?.summary.triangles ?? null} />
          )}
          {query.data && <Drawn fetched={query.data} />}
        </div>
      </div>
    </Page>
  );
}

function missingBecause(attempt: Attempt): string {
  if (attempt.depth) return "This depth was made by a method that makes no surface. Its depth map can be taken away.";
  if (attempt.imported) return "A photograph from elsewhere is uncalibrated for ever; there is no depth in it.";
  if (attempt.state === "submitted" || attempt.state === "measured") return "The attempt is being measured; a surface is made once it is accepted.";
  if (attempt.state !== "accepted") return "The attempt was not accepted. Surfaces are made of accepted stereo pairs only.";
  return "There is no surface yet. It is being made, or was withheld: what stands beside says so.";
}

/** Says, above all else, when the calibration turned out not to be one. */
function Calibration({ detail, attempt }: { detail: Session; attempt: Attempt }) {
  const known = useCalibration(detail, attempt);
  if (known?.state !== "invalidated" && known?.state !== "failed") return null;
  return (
    <Alert color="red" variant="outline" title="The calibration behind this surface does not hold" className={styles.alert}>
      {known.invalidated_because ?? known.reasons.join("; ")} Do not rely on this surface; capture again after a new calibration.
    </Alert>
  );
}

function useCalibration(detail: Session, attempt: Attempt) {
  const found = useQuery({ ...read.device(detail.device ?? ""), enabled: detail.device !== null });
  const behind = attempt.depth?.calibration ?? attempt.conditions?.calibration;
  return found.data?.calibrations.find((each) => each.calibration === behind);
}

const CALIBRATIONS = {
  locked: "locked, in force now",
  recorded: "not locked",
  failed: "failed",
  expired: "locked then, expired since",
  invalidated: "invalidated since",
  superseded: "locked then, superseded since",
};

function Origin({ detail, attempt, fetched }: { detail: Session; attempt: Attempt; fetched: Fetched | undefined }) {
  const surface = surfaceOf(attempt);
  const known = useCalibration(detail, attempt);
  const calibration = attempt.depth?.calibration ?? null;
  return (
    <Panel title="What is shown">
      <Facts
        items={[
          ["Attempt", `${words(attempt.view)} view, number ${attempt.number}`],
          ["Captured", dayAndSeconds(attempt.captured_at ?? attempt.committed_at)],
          ["Station", detail.device && <Link to="/devices/$device" params={{ device: detail.device }}>{detail.device_serial}</Link>],
          [
            "Calibration",
            calibration && (
              <>
                {known ? `${dayAndClock(known.performed_at)}, ${CALIBRATIONS[known.state]} ` : ""}
                <span className="mono quiet">{calibration.slice(0, 8)}</span>
              </>
            ),
          ],
          ["Method", attempt.depth && <span className="mono">{attempt.depth.algorithm}</span>],
          ["Complete", attempt.depth && `${(attempt.depth.completeness * 100).toFixed(0)} % of the face has depth`],
          [
            "Resolution",
            fetched && `a point every ${fetched.summary.stepPx} px of the left picture, ${fetched.summary.spacingMm.toFixed(2)} mm apart`,
          ],
          ["Digest", surface && <Digest value={surface.mesh.digest} />],
          ["This look", fetched?.audit && <span className="mono">position {fetched.audit}</span>],
        ]}
      />
    </Panel>
  );
}

function Drawn({ fetched: { summary } }: { fetched: Fetched }) {
  const { told } = summary;
  return (
    <Panel title="In numbers">
      <Facts
        items={[
          ["Points", number(summary.points)],
          ["Triangles", number(summary.triangles)],
          ["Box", `${boxText(summary)}, across, down, away`],
          ["Uncertainty", `known of ${shareText(told.known)} of the points`],
          ["Median σ", told.medianMm === null ? null : `${told.medianMm.toFixed(3)} mm of depth (k = 1)`],
        ]}
      />
    </Panel>
  );
}

const ALWAYS = [
  "Depth that cannot be trusted is left out, never filled in: where there is a hole, nothing is known.",
  "The uncertainty is that of the match: noise and texture. An error of the calibration is not in it.",
  "A surface to look at. Change of volume is told in findings only, under a claim.",
];

function Limits({ attempt }: { attempt: Attempt }) {
  const flags = attempt.depth?.quality_flags ?? [];
  return (
    <Panel title="What limits it">
      {flags.length > 0 && (
        <p className={styles.flags}>
          {flags.map((flag) => (
            <Mark key={flag} tone="warn">
              {words(flag)}
            </Mark>
          ))}
        </p>
      )}
      <ul className={styles.limits}>
        {ALWAYS.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </Panel>
  );
}

function NoAttempt({ session }: { session: string }) {
  return (
    <Page title="Surface">
      <Panel title="There is no such attempt">
        <Empty>
          The session has no attempt at this address. <Link to="/sessions/$session" params={{ session }}>See its attempts</Link>
        </Empty>
      </Panel>
    </Page>
  );
}
