// Places the nodes of a trace: one column for each layer, crossing lines kept few.
import type { TraceEdge, TraceNode } from "../../api/types";

export const NODE_WIDTH = 196;
export const NODE_HEIGHT = 54;
const COLUMN = NODE_WIDTH + 74;
const ROW = NODE_HEIGHT + 16;
const SWEEPS = 4;

export interface Place {
  x: number;
  y: number;
}

/** Orders each layer by the middle of its neighbours in the layer before, then centres it. */
export function placesOf(
  nodes: readonly TraceNode[],
  edges: readonly TraceEdge[],
): Map<string, Place> {
  const layers = new Map<number, string[]>();
  for (const node of nodes) {
    layers.set(node.layer, [...(layers.get(node.layer) ?? []), node.id]);
  }
  const columns = [...layers.keys()].sort((one, other) => one - other);
  const row = new Map<string, number>();
  const settle = (ids: readonly string[]) => {
    const first = -(ids.length - 1) / 2;
    ids.forEach((id, index) => row.set(id, first + index));
  };
  for (const column of columns) settle(layers.get(column) ?? []);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    for (const column of sweep % 2 === 0 ? columns : columns.toReversed()) {
      const ids = layers.get(column) ?? [];
      const middle = new Map(ids.map((id) => [id, middleOf(id, edges, row)]));
      ids.sort((one, other) => (middle.get(one) ?? 0) - (middle.get(other) ?? 0));
      settle(ids);
    }
  }
  return new Map(
    columns.flatMap((column, index) =>
      (layers.get(column) ?? []).map(
        (id) => [id, { x: index * COLUMN, y: (row.get(id) ?? 0) * ROW }] as const,
      ),
    ),
  );
}

function middleOf(id: string, edges: readonly TraceEdge[], row: ReadonlyMap<string, number>): number {
  const near = edges
    .flatMap(({ from, to }) => (from === id ? [to] : to === id ? [from] : []))
    .flatMap((other) => row.get(other) ?? []);
  if (near.length === 0) return row.get(id) ?? 0;
  return near.reduce((sum, each) => sum + each, 0) / near.length;
}
