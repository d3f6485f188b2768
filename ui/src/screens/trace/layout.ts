// Places the nodes of a trace: one column for each layer, crossing lines kept few.
import type { TraceEdge, TraceNode } from "../../api/types";

export const NODE_WIDTH = 190;
export const NODE_HEIGHT = 56;
const COLUMN = NODE_WIDTH + 52;
const ROW = NODE_HEIGHT + 18;
const SWEEPS = 4;

export interface Place {
  x: number;
  y: number;
  column: number;
}

type Neighbours = ReadonlyMap<string, readonly string[]>;

/**
 * Orders each column by the middle of its neighbours, then centres it. The chain at the beginning,
 * where each layer is one node, stands in a single column, so that the rest gets the room.
 */
export function placesOf(
  nodes: readonly TraceNode[],
  edges: readonly TraceEdge[],
): Map<string, Place> {
  const columns = columnsOf(nodes);
  const neighbours = neighboursOf(edges);
  const row = new Map<string, number>();
  const settle = (ids: readonly string[]) => {
    const first = -(ids.length - 1) / 2;
    ids.forEach((id, index) => row.set(id, first + index));
  };
  for (const ids of columns) settle(ids);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    for (const ids of sweep % 2 === 0 ? columns.slice(1) : columns.slice(1).toReversed()) {
      const middle = new Map(ids.map((id) => [id, middleOf(id, neighbours, row)]));
      ids.sort((one, other) => (middle.get(one) ?? 0) - (middle.get(other) ?? 0));
      settle(ids);
    }
  }
  return new Map(
    columns.flatMap((ids, column) =>
      ids.map((id) => [id, { x: column * COLUMN, y: (row.get(id) ?? 0) * ROW, column }] as const),
    ),
  );
}

function columnsOf(nodes: readonly TraceNode[]): string[][] {
  const layers = new Map<number, string[]>();
  for (const node of nodes) {
    layers.set(node.layer, [...(layers.get(node.layer) ?? []), node.id]);
  }
  const ordered = [...layers.entries()].sort(([one], [other]) => one - other).map(([, ids]) => ids);
  const spread = ordered.findIndex((ids) => ids.length > 1);
  const chain = spread === -1 ? ordered : ordered.slice(0, spread);
  return [chain.flat(), ...(spread === -1 ? [] : ordered.slice(spread))];
}

function neighboursOf(edges: readonly TraceEdge[]): Neighbours {
  const found = new Map<string, string[]>();
  for (const { source, target } of edges) {
    found.set(source, [...(found.get(source) ?? []), target]);
    found.set(target, [...(found.get(target) ?? []), source]);
  }
  return found;
}

function middleOf(id: string, neighbours: Neighbours, row: ReadonlyMap<string, number>): number {
  const near = (neighbours.get(id) ?? []).flatMap((other) => row.get(other) ?? []);
  if (near.length === 0) return row.get(id) ?? 0;
  return near.reduce((sum, each) => sum + each, 0) / near.length;
}
