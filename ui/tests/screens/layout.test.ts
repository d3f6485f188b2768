import { describe, expect, test } from "vitest";
import { TRACE } from "../../mock/ledger";
import { NODE_HEIGHT, NODE_WIDTH, placesOf } from "../../src/screens/trace/layout";

describe("the layout of a trace", () => {
  const places = placesOf(TRACE.nodes, TRACE.edges);

  test("every node has a place, and none covers another", () => {
    const all = [...places.values()];
    expect(all).toHaveLength(TRACE.nodes.length);
    for (const [index, one] of all.entries()) {
      for (const other of all.slice(index + 1)) {
        const apart =
          Math.abs(one.x - other.x) >= NODE_WIDTH || Math.abs(one.y - other.y) >= NODE_HEIGHT;
        expect(apart).toBe(true);
      }
    }
  });

  test("what lies deeper never stands to the left", () => {
    for (const one of TRACE.nodes) {
      for (const other of TRACE.nodes) {
        if (one.layer >= other.layer) continue;
        expect(places.get(one.id)?.x).toBeLessThanOrEqual(places.get(other.id)?.x ?? -1);
      }
    }
  });

  test("the chain from the report stands in one column, in order", () => {
    const chain = ["report", "sign-off", "assessment"].map((id) => places.get(id));
    expect(new Set(chain.map((place) => place?.x)).size).toBe(1);
    expect(chain.map((place) => place?.y)).toEqual(chain.map((place) => place?.y).toSorted((a, b) => (a ?? 0) - (b ?? 0)));
  });

  test("a trace of one node has a place, too", () => {
    const [node] = TRACE.nodes;
    expect(placesOf(node === undefined ? [] : [node], []).size).toBe(1);
  });
});
