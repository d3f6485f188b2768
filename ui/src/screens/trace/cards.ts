// What is drawn of a trace: a card for each node, and one card for many of a kind until it is opened.
import type { Trace, TraceNode } from "../../api/types";
import { ALSO, BESIDE, type Block, groupsFrom, WAY } from "./kinds";
import { withoutShortcuts } from "./walk";

export interface Card {
  id: string;
  kind: string;
  /** The one node of a card, or all of a group. */
  members: readonly TraceNode[];
  /** Of a group: whether its members stand beside it; null for a card of one node. */
  open: boolean | null;
}

export interface Line {
  source: string;
  target: string;
  /** Every link of the trace that the line stands for. */
  links: readonly { source: string; target: string }[];
}

export interface Cards {
  /** Steps of the way; cards of one kind in each part of a step. */
  way: readonly (readonly (readonly Card[])[])[];
  beside: readonly { block: Block; cards: readonly Card[] }[];
  /**
   * Links between cards, without shortcuts, except those of the chosen node. A group that is open
   * keeps its lines; of its members only the chosen one has lines of its own.
   */
  lines: readonly Line[];
}

/** The group that many of a kind are drawn as. */
export function groupOf(kind: string): string {
  return `group:${kind}`;
}

/** The group in which a node is drawn, or null where it has a card of its own anyway. */
export function groupAround(trace: Trace, id: string): string | null {
  const kind = trace.nodes.find((node) => node.id === id)?.kind;
  if (kind === undefined) return null;
  const many = trace.nodes.filter((node) => node.kind === kind).length;
  return many >= groupsFrom(kind) ? groupOf(kind) : null;
}

export function cardsOf(trace: Trace, open: ReadonlySet<string>, chosen: string): Cards {
  const kinds = new Map<string, TraceNode[]>();
  for (const node of inOrder(trace.nodes)) kinds.set(node.kind, [...(kinds.get(node.kind) ?? []), node]);
  const of = (kind: string) => cardsOfKind(kind, kinds.get(kind) ?? [], open);
  const known = new Set([...WAY.flat(), ...BESIDE.flatMap((block) => block.kinds)]);
  const unknown = [...kinds.keys()].filter((kind) => !known.has(kind)).sort();
  const blocks = [...BESIDE, { ...ALSO, kinds: unknown }];
  return {
    way: WAY.map((step) => step.map(of).filter((part) => part.length > 0)).filter((step) => step.length > 0),
    beside: blocks
      .map((block) => ({ block, cards: block.kinds.flatMap(of) }))
      .filter(({ cards }) => cards.length > 0),
    lines: linesOf(trace, kinds, open, chosen),
  };
}

function inOrder(nodes: readonly TraceNode[]): TraceNode[] {
  return nodes.toSorted(
    (one, other) => one.seq - other.seq || one.title.localeCompare(other.title) || one.id.localeCompare(other.id),
  );
}

function cardsOfKind(kind: string, nodes: readonly TraceNode[], open: ReadonlySet<string>): Card[] {
  const single = (node: TraceNode): Card => ({ id: node.id, kind, members: [node], open: null });
  if (nodes.length < groupsFrom(kind)) return nodes.map(single);
  const group = { id: groupOf(kind), kind, members: nodes };
  if (!open.has(group.id)) return [{ ...group, open: false }];
  return [{ ...group, open: true }, ...nodes.map(single)];
}

function linesOf(
  trace: Trace,
  kinds: ReadonlyMap<string, readonly TraceNode[]>,
  open: ReadonlySet<string>,
  chosen: string,
): Line[] {
  const groups = new Map<string, string>();
  for (const [kind, nodes] of kinds) {
    if (nodes.length < groupsFrom(kind)) continue;
    for (const node of nodes) groups.set(node.id, groupOf(kind));
  }
  const between = (ends: (id: string) => string, links: Trace["edges"]) => {
    const lines = new Map<string, Line & { links: Line["links"][number][] }>();
    for (const { source, target } of links) {
      const [from, to] = [ends(source), ends(target)];
      if (from === to) continue;
      const line = lines.get(`${from}|${to}`) ?? { source: from, target: to, links: [] };
      line.links.push({ source, target });
      lines.set(`${from}|${to}`, line);
    }
    return [...lines.values()];
  };
  const known = new Set([...kinds.values()].flat().map((node) => node.id));
  const links = trace.edges.filter(({ source, target }) => known.has(source) && known.has(target));
  const all = between((id) => groups.get(id) ?? id, links);
  const kept = new Set(withoutShortcuts(all));
  const near = (link: { source: string; target: string }) => link.source === chosen || link.target === chosen;
  const shown = all.filter((line) => kept.has(line) || line.links.some(near));
  if (!open.has(groups.get(chosen) ?? "")) return shown;
  const own = (id: string) => (open.has(groups.get(id) ?? "") ? id : (groups.get(id) ?? id));
  return [...shown, ...between(own, links.filter(near))];
}
