// One study: its limits beside what was found, stratum by stratum, and who answers for it.
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { PREFIX } from "../../api/client";
import * as read from "../../api/queries";
import type { StudyDetail, StudyResult } from "../../api/types";
import { dayAndSeconds } from "../../moments";
import { Digest } from "../../parts/Digest";
import { Facts } from "../../parts/Facts";
import { Glyph } from "../../parts/Glyph";
import { Loaded } from "../../parts/Loaded";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { useMay } from "../../shell/me";
import { number } from "../../words";
import { factorName, outputName } from "./judging";
import { HandIn } from "./HandIn";
import { Limits } from "./Limits";
import { NoClaim } from "./NoClaim";
import { Resting } from "./Resting";
import { Signing } from "./Signing";
import { Strata } from "./Strata";
import styles from "./Studies.module.css";
import { StateMark, VerdictMark } from "./StudyMarks";

const route = getRouteApi("/inside/studies/$study");

export function Study() {
  const { study } = route.useParams();
  const found = useQuery(read.study(study));
  return <Loaded query={found}>{(detail) => <Shown study={detail} />}</Loaded>;
}

function Shown({ study }: { study: StudyDetail }) {
  const { plan, result } = study;
  return (
    <Page
      title={study.name}
      lead={
        <>
          <span>Study, version {study.version}</span>
          <StateMark study={study} />
          <VerdictMark study={study} />
        </>
      }
      actions={
        <>
          {result !== null && (
            <Button
              component="a"
              variant="default"
              href={`${PREFIX}/studies/${study.study}/report`}
              target="_blank"
              rel="noreferrer"
              leftSection={<Glyph name="down" />}
            >
              Report
            </Button>
          )}
          <HandIn study={study} />
          <Signing study={study} />
        </>
      }
    >
      <div className={styles.columns}>
        <div className={styles.column}>
          <NoClaim population={plan.population} />
          <Panel title="Limits and what was found" aside={`a figure needs ${plan.fewest_cases} cases at least`} flush>
            <Limits study={study} />
          </Panel>
          <Strata study={study} />
        </div>
        <div className={styles.column}>
          <Panel title="Plan">
            <Facts
              items={[
                ["Measures", `${outputName(plan.output)}${plan.unit === "1" ? "" : `, in ${plan.unit}`}`],
                ["Method", plan.method],
                ["Evidence", plan.evidence === "rgb" ? "Pictures; it says nothing of depth or volume" : "Depth; it says nothing of appearance"],
                ["Population", plan.population],
                ["Truth", plan.reference],
                ["Divided by", plan.strata.map(factorName).join("; ")],
                ["Cases", result === null ? null : number(result.cases)],
                ["Figures", result === null ? null : figuresFrom(result)],
                ["Software", result?.software],
              ]}
            />
          </Panel>
          <Steps study={study} />
          <Panel title="Digests">
            <Facts
              items={[
                ["Plan", <Digest value={study.plan_digest} />],
                ["Result", study.result_digest === null ? null : <Digest value={study.result_digest} />],
                ["Cases", result === null ? null : <Digest value={result.data} />],
                ["Report", result === null ? null : <Digest value={result.report.digest} />],
                ["Platform", result === null ? null : <Digest value={result.platform} />],
              ]}
            />
          </Panel>
          <Resting study={study} />
        </div>
      </div>
    </Page>
  );
}

function figuresFrom({ evaluation }: StudyResult): string {
  return evaluation === null
    ? "As they were handed in; nobody worked them out again when they were recorded"
    : `Worked out of the cases by the service (${evaluation.method})`;
}

const STEPS: Record<string, string> = {
  StudyPlanned: "Laid down with its limits",
  StudyPlanApproved: "Limits approved",
  StudyCompleted: "Run",
  StudyResultRefused: "Result refused",
  StudyConfirmed: "Result confirmed",
};

function Steps({ study }: { study: StudyDetail }) {
  const audit = useMay("audit.read");
  return (
    <Panel title="Who, and in which order">
      <ol className={styles.steps}>
        {study.steps.map((step) => (
          <li key={step.seq}>
            <span>
              <strong>{STEPS[step.name] ?? step.title}</strong> by {step.by ?? "somebody unnamed"}
            </span>
            <span className="quiet">
              {dayAndSeconds(step.at)}, position <span className="mono">{step.seq}</span>
            </span>
          </li>
        ))}
      </ol>
      {audit && (
        <Link to="/audit-trail" search={{ stream: `study-${study.study}` }}>
          Its events in the audit trail
        </Link>
      )}
    </Panel>
  );
}
