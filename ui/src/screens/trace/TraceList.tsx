// The trace as text: the same nodes and links, one below the other.
import type { Trace } from "../../api/types";
import { Mark } from "../../parts/Mark";
import { words } from "../../words";
import styles from "./Trace.module.css";

interface Props {
  trace: Trace;
  chosen: string;
  onChoose: (id: string) => void;
}

export function TraceList({ trace, chosen, onChoose }: Props) {
  const ordered = [...trace.nodes].sort((one, other) => one.layer - other.layer);
  const title = new Map(trace.nodes.map((node) => [node.id, node.title]));
  return (
    <div className={styles.list}>
      <table className="grid-table">
        <thead>
          <tr>
            <th>What</th>
            <th>Rests on</th>
            <th>Verified</th>
          </tr>
        </thead>
        <tbody>
          {ordered.map((node) => (
            <tr key={node.id} data-chosen={node.id === chosen}>
              <td>
                <button type="button" className={styles.item} onClick={() => onChoose(node.id)}>
                  {node.title}
                </button>
                <div className="label">{words(node.kind)}</div>
              </td>
              <td>
                {trace.edges
                  .filter((edge) => edge.source === node.id)
                  .map((edge) => (
                    <div key={edge.target + edge.label}>
                      <span className="quiet">{edge.label}</span> {title.get(edge.target)}
                    </div>
                  ))}
              </td>
              <td>
                <Mark tone={node.verified ? "pass" : "fail"}>{node.verified ? "Verified" : "Not verified"}</Mark>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
