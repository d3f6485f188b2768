// Every study, whatever came of it: what was asked, under which limits, and who signed for it.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import * as read from "../../api/queries";
import type { Study } from "../../api/types";
import { day } from "../../moments";
import { Empty } from "../../parts/Empty";
import { Loaded } from "../../parts/Loaded";
import { Mark } from "../../parts/Mark";
import { Page } from "../../parts/Page";
import { words } from "../../words";
import { NoClaim } from "./NoClaim";
import { StateMark, VerdictMark } from "./StudyMarks";
import styles from "./Studies.module.css";

export function Studies() {
  const found = useQuery(read.studies);
  return (
    <Page title="Studies" lead={<span>Limits stand and are approved before the first case is measured. What failed stays.</span>}>
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
                      <th>Of</th>
                      <th>Cases are</th>
                      <th>State</th>
                      <th>Result</th>
                      <th>Limits approved by</th>
                      <th>Result confirmed by</th>
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
      </td>
      <td>
        {words(plan.output)}
        <div className="quiet">{plan.method}</div>
      </td>
      <td className={styles.population}>
        <Mark tone="plain">{plan.evidence === "rgb" ? "Pictures" : "Depth"}</Mark> {plan.population}
      </td>
      <td>
        <StateMark study={study} />
      </td>
      <td>
        <VerdictMark study={study} />
      </td>
      <td>{study.approved_by !== null && `${study.approved_by}, ${day(study.approved_at ?? "")}`}</td>
      <td>{study.confirmed_by !== null && `${study.confirmed_by}, ${day(study.confirmed_at ?? "")}`}</td>
    </tr>
  );
}
