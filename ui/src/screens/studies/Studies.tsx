// Every study, whatever came of it: what was asked, under which limits, and who signed for it.
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import * as read from "../../api/queries";
import type { Study } from "../../api/types";
import { day } from "../../moments";
import { Empty } from "../../parts/Empty";
import { Loaded } from "../../parts/Loaded";
import { Mark } from "../../parts/Mark";
import { Page } from "../../parts/Page";
import { useMay } from "../../shell/me";
import { outputName } from "./judging";
import { NoClaim } from "./NoClaim";
import { PlanDialog } from "./PlanDialog";
import { StateMark, VerdictMark } from "./StudyMarks";
import styles from "./Studies.module.css";

export function Studies() {
  const found = useQuery(read.studies);
  const run = useMay("studies.run");
  const [planning, setPlanning] = useState(false);
  return (
    <Page
      title="Studies"
      lead={<span>Limits stand and are approved before the first case is measured. What failed stays.</span>}
      actions={run && <Button onClick={() => setPlanning(true)}>Lay down a plan</Button>}
    >
      {planning && <PlanDialog onClose={() => setPlanning(false)} />}
      <Loaded query={found}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>
              No study is laid down yet. A plan comes from <code>vultus study plan</code>; once a second person approved
              it, <code>vultus study run</code> measures under it.
            </Empty>
          ) : (
            <>
              <div className={styles.sheet}>
                <table className="grid-table">
                  <thead>
                    <tr>
                      <th>Study</th>
                      <th>Cases are</th>
                      <th>State and result</th>
                      <th>Signed by</th>
                    </tr>
                  </thead>
                  <tbody>
                    {items.map((study) => (
                      <Row key={study.study} study={study} />
                    ))}
                  </tbody>
                </table>
              </div>
              <NoClaim />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function Row({ study }: { study: Study }) {
  const { plan } = study;
  return (
    <tr>
      <td>
        <Link to="/studies/$study" params={{ study: study.study }} className={styles.name}>
          {study.name}
        </Link>{" "}
        <span className="quiet">version {study.version}</span>
        <div className="quiet">
          {outputName(plan.output)}, {plan.method}
        </div>
      </td>
      <td className={styles.population}>
        <Mark tone="plain">{plan.evidence === "rgb" ? "Pictures" : "Depth"}</Mark> {plan.population}
      </td>
      <td>
        <div className={styles.marks}>
          <StateMark study={study} />
          <VerdictMark study={study} />
        </div>
      </td>
      <td className={styles.signed}>
        <Signed what="Limits" by={study.approved_by} at={study.approved_at} />
        <Signed what="Result" by={study.confirmed_by} at={study.confirmed_at} />
      </td>
    </tr>
  );
}

function Signed({ what, by, at }: { what: string; by: string | null; at: string | null }) {
  return (
    <div>
      {what}: {by === null || at === null ? <span className="quiet">nobody yet</span> : `${by}, ${day(at)}`}
    </div>
  );
}
