// What the nodes of a trace are called on cards: told apart, and without saying the kind twice.
import type { Trace, TraceNode } from "../../api/types";
import { day } from "../../moments";
import { kindName } from "./kinds";

export interface Naming {
  /** The whole name, as it stands alone. */
  title: (id: string) => string;
  /** The name beside its kind. */
  short: (id: string) => string;
  /** The day, for a node whose like there is more of under the same name. */
  day: (id: string) => string | null;
}

/** Names every node; a run is called after the model it ran. */
export function namingOf(trace: Trace): Naming {
  const nodes = new Map(trace.nodes.map((node) => [node.id, node]));
  const model = new Map(
    trace.edges.flatMap(({ source, target, label }) => {
      const title = nodes.get(target)?.title;
      return label === "runs" && nodes.get(source)?.kind === "inference" && title !== undefined
        ? [[source, title] as const]
        : [];
    }),
  );
  const titleOf = (node: TraceNode) =>
    node.title === kindName(node.kind) ? (model.get(node.id) ?? node.title) : node.title;
  const alike = new Map<string, number>();
  const likeness = (node: TraceNode) => `${node.kind} ${titleOf(node)}`;
  for (const node of trace.nodes) alike.set(likeness(node), (alike.get(likeness(node)) ?? 0) + 1);
  const named = (id: string, say: (node: TraceNode) => string) => {
    const node = nodes.get(id);
    return node === undefined ? id : say(node);
  };
  return {
    title: (id) => named(id, titleOf),
    short: (id) => named(id, (node) => withoutKind(titleOf(node), node.kind)),
    day: (id) => {
      const node = nodes.get(id);
      return node !== undefined && (alike.get(likeness(node)) ?? 0) > 1 ? day(node.at) : null;
    },
  };
}

function withoutKind(title: string, kind: string): string {
  const name = kindName(kind);
  if (!title.toLowerCase().startsWith(name.toLowerCase())) return title;
  const rest = title.slice(name.length).replace(/^[,:]?\s+/, "");
  return rest === "" || rest === title.slice(name.length) ? title : rest;
}
