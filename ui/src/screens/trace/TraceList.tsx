// The trace as text, kind by kind: the same nodes and links, for keyboards and screen readers.
import type { Trace, TraceNode } from "../../api/types";
import { Digest } from "../../parts/Digest";
import { Empty } from "../../parts/Empty";
import { Mark } from "../../parts/Mark";
import { count } from "../../words";
import { byKind, kindName, manyOf } from "./kinds";
import type { Naming } from "./naming";
import styles from "./Trace.module.css";
import { type Lit, linksOf } from "./walk";

interface Props {
  trace: Trace;
  naming: Naming;
  chosen: string;
  lit: Lit;
  /** What a search found; null while nothing is searched for. */
  found: ReadonlySet<string> | null;
  onChoose: (id: string) => void;
}

export function TraceList(props: Props) {
  const { trace, found } = props;
  const shown = trace.nodes.filter((node) => found === null || found.has(node.id));
  const kinds = [...new Set(shown.map((node) => node.kind))].sort(byKind);
  return (
    <div className={styles.list}>
      {shown.length === 0 ? (
        <Empty>Nothing in this trace has such a digest or name.</Empty>
      ) : (
        <table className="grid-table">
          <thead>
            <tr>
              <th>What</th>
              <th>Rests on</th>
              <th>Digest</th>
              <th>Verified</th>
            </tr>
          </thead>
          {kinds.map((kind) => (
            <Kind key={kind} {...props} kind={kind} nodes={shown.filter((node) => node.kind === kind)} />
          ))}
        </table>
      )}
    </div>
  );
}

function Kind({ kind, nodes, ...props }: Props & { kind: string; nodes: readonly TraceNode[] }) {
  const ordered = nodes.toSorted((one, other) => one.seq - other.seq || one.title.localeCompare(other.title));
  return (
    <tbody>
      <tr className={styles.kind}>
        <th colSpan={4} scope="rowgroup">
          {count(nodes.length, kindName(kind).toLowerCase(), manyOf(kind))}
        </th>
      </tr>
      {ordered.map((node) => (
        <Row key={node.id} {...props} node={node} />
      ))}
    </tbody>
  );
}

function Row({ node, trace, naming, chosen, lit, onChoose }: Props & { node: TraceNode }) {
  const day = naming.day(node.id);
  return (
    <tr data-chosen={node.id === chosen}>
      <td>
        <button type="button" className={styles.item} aria-pressed={node.id === chosen} onClick={() => onChoose(node.id)}>
          {naming.title(node.id)}
        </button>
        {day !== null && <span className="quiet"> {day}</span>}
        {lit.nodes.has(node.id) && (
          <div className={styles.onTheWay}>{lit.toFrames ? "on the way to the raw frames" : "rests on what is chosen"}</div>
        )}
      </td>
      <td>
        {linksOf(trace.edges, node.id).restsOn.map((edge) => (
          <div key={edge.target + edge.label}>
            <span className="quiet">{edge.label}</span> {naming.title(edge.target)}
          </div>
        ))}
      </td>
      <td>{node.digest !== null && <Digest value={node.digest} />}</td>
      <td>
        <Mark tone={node.verified ? "pass" : "fail"}>{node.verified ? "Verified" : "Not verified"}</Mark>
      </td>
    </tr>
  );
}
