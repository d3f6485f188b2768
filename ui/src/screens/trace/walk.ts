// Walks along the links of a trace: what lies on the way to the raw frames, and which links say it.
import type { Trace, TraceEdge } from "../../api/types";

interface Link {
  source: string;
  target: string;
}

type Neighbours = ReadonlyMap<string, readonly string[]>;

function neighboursOf(links: readonly Link[], from: keyof Link, to: keyof Link): Neighbours {
  const found = new Map<string, string[]>();
  for (const link of links) found.set(link[from], [...(found.get(link[from]) ?? []), link[to]]);
  return found;
}

function reached(starts: readonly string[], neighbours: Neighbours): Set<string> {
  const found = new Set(starts);
  for (const id of found) for (const next of neighbours.get(id) ?? []) found.add(next);
  return found;
}

export interface Lit {
  /** Whether raw frames lie behind what was chosen. */
  toFrames: boolean;
  /** Everything on the way, what was chosen included. */
  nodes: ReadonlySet<string>;
}

/**
 * What is lit for a chosen node: every way from it to the raw frames. Where none leads there, as
 * from a calibration or a model, everything that rests on it.
 */
export function litFrom(trace: Trace, chosen: string): Lit {
  const behind = reached([chosen], neighboursOf(trace.edges, "source", "target"));
  const frames = trace.nodes.filter((node) => node.kind === "frame" && behind.has(node.id));
  const up = neighboursOf(trace.edges, "target", "source");
  if (frames.length === 0) return { toFrames: false, nodes: reached([chosen], up) };
  const above = reached(frames.map((node) => node.id), up);
  return { toFrames: true, nodes: new Set([...behind].filter((id) => above.has(id))) };
}

/** The shortest way from a node to a raw frame, both included; empty where none leads there. */
export function shortestWay(trace: Trace, chosen: string): string[] {
  const down = neighboursOf(trace.edges, "source", "target");
  const frames = new Set(trace.nodes.filter((node) => node.kind === "frame").map((node) => node.id));
  const before = new Map<string, string | null>([[chosen, null]]);
  for (const [id] of before) {
    if (frames.has(id)) {
      const way: string[] = [];
      for (let at: string | null = id; at !== null; at = before.get(at) ?? null) way.unshift(at);
      return way;
    }
    for (const next of [...(down.get(id) ?? [])].sort()) if (!before.has(next)) before.set(next, id);
  }
  return [];
}

/** The raw frames behind a node. */
export function framesBehind(trace: Trace, chosen: string): string[] {
  const behind = reached([chosen], neighboursOf(trace.edges, "source", "target"));
  return trace.nodes.filter((node) => node.kind === "frame" && behind.has(node.id)).map((node) => node.id);
}

/**
 * The links without those that a longer chain says as well; everything that could be reached still
 * can. The same links in another order may leave others out only where they go in a circle.
 */
export function withoutShortcuts<Each extends Link>(links: readonly Each[]): Each[] {
  const kept = new Map<string, Set<string>>();
  for (const { source, target } of links) {
    kept.set(source, (kept.get(source) ?? new Set()).add(target));
  }
  return links.filter(({ source, target }) => {
    const next = kept.get(source);
    if (next === undefined) return true;
    const others = [...next].filter((id) => id !== target && id !== source);
    const found = new Set(others);
    for (const id of found) {
      if (id === source) continue;
      for (const further of kept.get(id) ?? []) found.add(further);
    }
    if (!found.has(target)) return true;
    next.delete(target);
    return false;
  });
}

/** Links of a node, by the side on which it stands. */
export function linksOf(edges: readonly TraceEdge[], id: string) {
  return {
    restsOn: edges.filter((edge) => edge.source === id),
    usedBy: edges.filter((edge) => edge.target === id),
  };
}
