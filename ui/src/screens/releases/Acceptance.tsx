// What the acceptance test of a model gave, subgroup by subgroup, as its signed manifest states it.
import { useQuery } from "@tanstack/react-query";
import * as read from "../../api/queries";
import { Loaded } from "../../parts/Loaded";
import { unitText } from "../../quantities";
import styles from "./Releases.module.css";

export function Acceptance({ release }: { release: string }) {
  const found = useQuery(read.modelManifest(release));
  return (
    <Loaded query={found}>
      {({ manifest: { slot, subgroups } }) => (
        <table className={`grid-table ${styles.table}`}>
          <thead>
            <tr>
              <th>Accepted on</th>
              <th>Result</th>
              <th className="number">Value</th>
              <th className="number">95 % interval</th>
              <th className="number">Cases</th>
            </tr>
          </thead>
          <tbody>
            {slot?.acceptance.map((each) => (
              <tr key={`${each.subgroup} ${each.output} ${each.metric}`}>
                <td>{each.subgroup}</td>
                <td>
                  {each.output}, {each.metric}
                </td>
                <td className="number">
                  {each.value} {unitText(each.unit)}
                </td>
                <td className="number">
                  {each.low} to {each.high}
                </td>
                <td className="number">{each.cases}</td>
              </tr>
            ))}
            {subgroups?.map((each) => (
              <tr key={each.subgroup}>
                <td>{each.subgroup}</td>
                <td colSpan={3}>{each.result}</td>
                <td className="number">{each.samples}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Loaded>
  );
}
