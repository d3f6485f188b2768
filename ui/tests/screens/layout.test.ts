import { describe, expect, test } from "vitest";
import { TRACE } from "../../mock/trace";
import type { Trace } from "../../src/api/types";
import { cardsOf, groupAround, groupOf } from "../../src/screens/trace/cards";
import { CARD_HEIGHT, endsOf, type Layout, layoutOf, type Place, READABLE, viewOf } from "../../src/screens/trace/layout";
import { laneOf, type Point, routeOf } from "../../src/screens/trace/routes";

const PANES = [
  { name: "1440 × 900", width: 1_096, height: 700 },
  { name: "1024 × 768", width: 748, height: 570 },
];
const CLOSED = new Set<string>();
const ALL = new Set(TRACE.nodes.map((node) => groupOf(node.kind)));

function overlap(one: Place, other: Place): boolean {
  return Math.abs(one.x - other.x) < one.width && Math.abs(one.y - other.y) < CARD_HEIGHT;
}

/** Whether a straight piece of a line runs through a card's inside. */
function crosses([from, to]: [Point, Point], { x, y, width }: Place): boolean {
  const [left, right] = [Math.min(from.x, to.x), Math.max(from.x, to.x)];
  const [top, bottom] = [Math.min(from.y, to.y), Math.max(from.y, to.y)];
  return right > x + 1 && left < x + width - 1 && bottom > y + 1 && top < y + CARD_HEIGHT - 1;
}

function piecesOf(points: readonly Point[]): [Point, Point][] {
  return points.slice(1).map((to, at) => [points[at] ?? to, to]);
}

function placeOf(layout: Layout, id: string): Place {
  const found = layout.places.find((place) => place.card.id === id);
  if (found === undefined) throw new Error(`${id} is not drawn`);
  return found;
}

function endOf(layout: Layout, id: string): Place {
  return endsOf(layout).get(id) ?? placeOf(layout, id);
}

describe.each(PANES)("the drawing of a trace at $name", (pane) => {
  const drawn = (open: ReadonlySet<string>, trace: Trace = TRACE, chosen = trace.root) => {
    const cards = cardsOf(trace, open, chosen);
    return { cards, layout: layoutOf(cards, pane.width / 0.95) };
  };

  test.each([["closed", CLOSED], ["open", ALL]] as const)("with groups %s, no card covers another", (_, open) => {
    const { places } = drawn(open).layout;
    for (const [at, one] of places.entries()) {
      for (const other of places.slice(at + 1)) expect(overlap(one, other), `${one.card.id} over ${other.card.id}`).toBe(false);
    }
  });

  test.each([["closed", CLOSED], ["open", ALL]] as const)("with groups %s, no line runs through a card", (_, open) => {
    const { cards, layout } = drawn(open, TRACE, "finding-change-0");
    expect(cards.lines.length).toBeGreaterThan(20);
    for (const [number, line] of cards.lines.entries()) {
      const [source, target] = [endOf(layout, line.source), endOf(layout, line.target)];
      const pieces = piecesOf(routeOf(layout, source, target, laneOf(number)));
      for (const place of layout.places) {
        for (const piece of pieces) expect(crosses(piece, place), `${line.source} to ${line.target} through ${place.card.id}`).toBe(false);
      }
    }
  });

  test("every line starts at its one card and ends at the other", () => {
    const { cards, layout } = drawn(ALL);
    const touches = (point: Point | undefined, { x, y, width, height }: Place) =>
      point !== undefined && point.x >= x - 0.5 && point.x <= x + width + 0.5 && point.y >= y - 0.5 && point.y <= y + height + 0.5;
    for (const { source, target } of cards.lines) {
      const points = routeOf(layout, endOf(layout, source), endOf(layout, target), 0);
      expect(touches(points[0], endOf(layout, source))).toBe(true);
      expect(touches(points.at(-1), endOf(layout, target))).toBe(true);
      for (const [from, to] of piecesOf(points)) expect(Math.min(Math.abs(from.x - to.x), Math.abs(from.y - to.y))).toBeLessThan(0.5);
    }
  });

  test("with groups closed everything is seen at once, in letters of 11 px and more", () => {
    const { layout } = drawn(CLOSED);
    const view = viewOf(layout, pane);
    expect(view.whole).toBe(true);
    expect(view.zoom * 12).toBeGreaterThanOrEqual(11);
    expect(layout.width * view.zoom).toBeLessThanOrEqual(pane.width + 1);
    expect(layout.height * view.zoom).toBeLessThanOrEqual(pane.height + 1);
  });

  test("with groups open it begins at the report, as readable as before", () => {
    const { layout } = drawn(ALL);
    const view = viewOf(layout, pane);
    expect(view.whole).toBe(false);
    expect(view.zoom).toBe(READABLE);
    expect(placeOf(layout, "report").y * view.zoom + view.y).toBeLessThan(pane.height / 2);
  });

  test("the way goes down from the report to the frames, and what is beside it stands beside it", () => {
    const { layout } = drawn(CLOSED);
    const down = ["report", "group:finding", "group:inference", "depth-later", "attempt-later", "left-later"].map((id) => placeOf(layout, id));
    expect(down.map((place) => place.area)).toEqual(down.map(() => "way"));
    expect(down.map((place) => place.y)).toEqual(down.map((place) => place.y).toSorted((one, other) => one - other));
    expect(new Set(down.map((place) => place.row)).size).toBe(down.length);
    const beside = ["group:model-release", "claim", "group:consent", "software", "protocol", "calibration", "device"];
    for (const id of beside) expect(placeOf(layout, id).area).not.toBe("way");
  });

  test("the earlier capture stands left of the later one, and each above its own frames", () => {
    const { layout } = drawn(CLOSED);
    expect(placeOf(layout, "attempt-earlier").x).toBeLessThan(placeOf(layout, "attempt-later").x);
    const rows = layout.places.filter((place) => place.card.kind === "frame").map((place) => place.card.id);
    expect(rows).toEqual(["left-earlier", "right-earlier", "left-later", "right-later"]);
  });

  test("a trace of one node has a place, and so has a kind that is not known yet", () => {
    const [node] = TRACE.nodes;
    if (node === undefined) throw new Error("the mock has nodes");
    const alone = drawn(CLOSED, { root: node.id, nodes: [node], edges: [] });
    expect(alone.layout.places).toHaveLength(1);
    const strange = drawn(CLOSED, { root: "new", nodes: [{ ...node, id: "new", kind: "not-known" }], edges: [] });
    expect(strange.layout.titles.map((each) => each.title)).toEqual(["Also"]);
  });
});

describe("the cards of a trace", () => {
  const ids = (open: ReadonlySet<string>) => {
    const { way, beside } = cardsOf(TRACE, open, TRACE.root);
    return [...way.flat(2), ...beside.flatMap((each) => each.cards)];
  };

  test("many of a kind are one card, which holds every one of them", () => {
    const findings = ids(CLOSED).find((card) => card.id === "group:finding");
    expect(findings?.members).toHaveLength(25);
    const held = ids(CLOSED).flatMap((card) => card.members);
    expect(held.map((node) => node.id).sort()).toEqual(TRACE.nodes.map((node) => node.id).sort());
  });

  test("opened, they stand behind the card that closes them again", () => {
    const open = ids(new Set(["group:finding"])).filter((card) => card.kind === "finding");
    expect(open).toHaveLength(26);
    expect(open[0]?.open).toBe(true);
    expect(groupAround(TRACE, "finding-change-0")).toBe("group:finding");
    expect(groupAround(TRACE, "report")).toBeNull();
  });

  test("a group that is open keeps its lines, and only the chosen member has its own", () => {
    const open = new Set(["group:finding"]);
    const says = (chosen: string) => cardsOf(TRACE, open, chosen).lines.map((line) => `${line.source} ${line.target}`);
    expect(says("report")).toEqual(cardsOf(TRACE, CLOSED, "report").lines.map((line) => `${line.source} ${line.target}`));
    expect(says("finding-change-0")).toContain("finding-change-0 change");
    expect(says("finding-change-0").filter((line) => line.includes("finding-change-1"))).toEqual([]);
  });

  test("a line that a longer chain says is left out, until one of its ends is chosen", () => {
    const says = (chosen: string) => cardsOf(TRACE, CLOSED, chosen).lines.map((line) => `${line.source} ${line.target}`);
    expect(says("report")).not.toContain("assessment attempt-later");
    expect(says("assessment")).toContain("assessment attempt-later");
    expect(says("software")).toContain("report software");
  });
});
