// How a model in the shadow differs from the one in use, over every capture that both saw.
import { useQuery } from "@tanstack/react-query";
import * as read from "../../api/queries";
import type { Agreement } from "../../api/types";
import { Empty } from "../../parts/Empty";
import { Loaded } from "../../parts/Loaded";
import { difference, plainNumber, unitText } from "../../quantities";
import { count, words } from "../../words";
import styles from "./Releases.module.css";

export function Shadow({ release }: { release: string }) {
  const found = useQuery(read.shadow(release));
  return (
    <Loaded query={found}>
      {({ outputs, refusals }) => (
        <div className={styles.table}>
          {outputs.length === 0 ? (
            <Empty>Nothing was compared yet.</Empty>
          ) : (
            <table className="grid-table">
              <thead>
                <tr>
                  <th>Shadow less in use</th>
                  <th className="number">Bias</th>
                  <th className="number">SD</th>
                  <th className="number">Limits of agreement</th>
                  <th className="number">Compared</th>
                  <th className="number">Not compared</th>
                </tr>
              </thead>
              <tbody>
                {outputs.map((each) => (
                  <Row key={`${each.code} ${each.unit}`} each={each} />
                ))}
              </tbody>
            </table>
          )}
          {Object.entries(refusals).map(([rule, times]) => (
            <p key={rule} className="quiet">
              Refused by {rule}: {count(times, "capture")}
            </p>
          ))}
        </div>
      )}
    </Loaded>
  );
}

function Row({ each }: { each: Agreement }) {
  const unit = unitText(each.unit);
  return (
    <tr>
      <td>
        {words(each.code)} {unit && `(${unit})`}
      </td>
      {each.same === null ? (
        <>
          <td className="number">{each.bias === null ? "" : difference(each.bias, each.sd)}</td>
          <td className="number">{each.sd === null ? "" : plainNumber(each.sd)}</td>
          <td className="number">
            {each.low === null || each.high === null
              ? ""
              : `${difference(each.low, each.sd)} to ${difference(each.high, each.sd)}`}
          </td>
        </>
      ) : (
        <td colSpan={3}>the same words in {count(each.same, "capture")}</td>
      )}
      <td className="number">{each.cases}</td>
      <td className="number">{each.not_compared}</td>
    </tr>
  );
}
