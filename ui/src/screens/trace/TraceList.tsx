// The trace as text, kind by kind: the same nodes and links, for keyboards and screen readers.
import type { Trace, TraceEdge, TraceNode } from "../../api/types";
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
        <RestsOn id={node.id} trace={trace} naming={naming} />
      </td>
      <td className={styles.digest}>{node.digest !== null && <Digest value={node.digest} />}</td>
      <td>
        <Mark tone={node.verified ? "pass" : "fail"}>{node.verified ? "Verified" : "Not verified"}</Mark>
      </td>
    </tr>
  );
}

const MOST_SHOWN = 3;

/** What a node rests on; many of a kind in one line that opens. */
function RestsOn({ id, trace, naming }: Pick<Props, "trace" | "naming"> & { id: string }) {
  const kind = new Map(trace.nodes.map((node) => [node.id, node.kind]));
  const alike = new Map<string, TraceEdge[]>();
  for (const edge of linksOf(trace.edges, id).restsOn) {
    const key = `${edge.label}|${kind.get(edge.target) ?? ""}`;
    alike.set(key, [...(alike.get(key) ?? []), edge]);
  }
  return [...alike.entries()].map(([key, edges]) => {
    const [label = "", of = ""] = key.split("|");
    const each = edges.map((edge) => (
      <div key={edge.target}>
        <span className="quiet">{edges.length > MOST_SHOWN ? "" : label}</span> {naming.title(edge.target)}{" "}
        <span className="quiet">{naming.day(edge.target)}</span>
      </div>
    ));
    if (edges.length <= MOST_SHOWN) return each;
    return (
      <details key={key}>
        <summary>
          <span className="quiet">{label}</span> {edges.length} {manyOf(of)}
        </summary>
        {each}
      </details>
    );
  });
}
