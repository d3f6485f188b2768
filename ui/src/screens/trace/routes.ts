// Leads lines between cards along the free channels and gutters, so that none crosses a card.
import type { Layout, Place } from "./layout";

export interface Point {
  x: number;
  y: number;
}

type Side = "left" | "right";

const LANES = 5;
const LANE = 5;
const SHIFT = 2;
const RADIUS = 6;
const HEAD = 4;

/** Gives a line one of a few lanes, so that lines from different cards lie side by side. */
export function laneOf(number: number): number {
  return (number % LANES) - Math.floor(LANES / 2);
}

/** The corners of the line from one card to another. */
export function routeOf(layout: Layout, source: Place, target: Place, lane: number): Point[] {
  const free = new Free(layout, lane);
  if (source.area === "way" && target.area === "way") return tidy(onTheWay(free, source, target));
  if (source.area === target.area) return tidy(inColumn(free, source, target));
  const out = free.toGutter(source, sideOf(source, target), "down");
  const back = free.toGutter(target, sideOf(target, source), "up").toReversed();
  const [leaves, enters] = [out.at(-1), back[0]];
  if (leaves === undefined || enters === undefined || source.area === "way" || target.area === "way") {
    return tidy([...out, ...back]);
  }
  const y = free.nearest(middle(source).y);
  return tidy([...out, { x: leaves.x, y }, { x: enters.x, y }, ...back]);
}

/** On which side a card is left or entered: its own inner one, or, on the way, the other's. */
function sideOf(place: Place, other: Place): Side {
  if (place.area !== "way") return place.area;
  return other.area === "left" ? "left" : "right";
}

function middle({ x, y, width, height }: Place): Point {
  return { x: x + width / 2, y: y + height / 2 };
}

class Free {
  constructor(
    private readonly layout: Layout,
    private readonly lane: number,
  ) {}

  gutter(side: Side): number {
    return this.layout.gutters[side] + this.lane * LANE;
  }

  channel(number: number): number {
    return (this.layout.channels[number] ?? 0) + this.lane * SHIFT;
  }

  nearest(y: number): number {
    const all = this.layout.channels.map((_, number) => this.channel(number));
    return all.reduce((best, each) => (Math.abs(each - y) < Math.abs(best - y) ? each : best), all[0] ?? 0);
  }

  /** From a card to the gutter: straight where nothing is between, else around by a channel. */
  toGutter(place: Place, side: Side, leaving: "down" | "up"): Point[] {
    const { x, y } = middle(place);
    const gutter = this.gutter(side);
    const outermost = side === "left" ? place.at === 0 : place.at === place.of - 1;
    if (place.area !== "way") {
      const inner = place.area === "left" ? place.x + place.width : place.x;
      return [{ x: inner, y }, { x: gutter, y }];
    }
    if (outermost) {
      return [{ x: side === "left" ? place.x : place.x + place.width, y }, { x: gutter, y }];
    }
    const channel = this.channel(leaving === "down" ? place.last + 1 : place.row);
    return [{ x, y: leaving === "down" ? place.y + place.height : place.y }, { x, y: channel }, { x: gutter, y: channel }];
  }
}

function inColumn(free: Free, source: Place, target: Place): Point[] {
  const [from, to] = [middle(source), middle(target)];
  if (source.row === target.row && Math.abs(source.at - target.at) === 1) {
    const down = source.at < target.at;
    return [
      { x: from.x, y: down ? source.y + source.height : source.y },
      { x: to.x, y: down ? target.y : target.y + target.height },
    ];
  }
  const side = sideOf(source, target);
  return [...free.toGutter(source, side, "down"), ...free.toGutter(target, side, "up").toReversed()];
}

function onTheWay(free: Free, source: Place, target: Place): Point[] {
  const [from, to] = [middle(source), middle(target)];
  if (source.row === target.row) {
    const step = target.at - source.at;
    if (Math.abs(step) === 1) {
      return [
        { x: step > 0 ? source.x + source.width : source.x, y: from.y },
        { x: step > 0 ? target.x : target.x + target.width, y: to.y },
      ];
    }
    const below = free.channel(source.row + 1);
    const bottom = source.y + source.height;
    return [{ x: from.x, y: bottom }, { x: from.x, y: below }, { x: to.x, y: below }, { x: to.x, y: bottom }];
  }
  const down = source.last < target.row;
  const leaves = free.channel(down ? source.last + 1 : source.row);
  const enters = free.channel(down ? target.row : target.last + 1);
  const start = { x: from.x, y: down ? source.y + source.height : source.y };
  const end = { x: to.x, y: down ? target.y : target.y + target.height };
  const apart = down ? target.row - source.last : source.row - target.last;
  if (apart === 1) {
    return [start, { x: from.x, y: leaves }, { x: to.x, y: leaves }, end];
  }
  const [left, right] = [free.gutter("left"), free.gutter("right")];
  const far = (x: number) => Math.abs(x - from.x) + Math.abs(x - to.x);
  const gutter = far(left) <= far(right) ? left : right;
  return [
    start,
    { x: from.x, y: leaves },
    { x: gutter, y: leaves },
    { x: gutter, y: enters },
    { x: to.x, y: enters },
    end,
  ];
}

/** Leaves out corners that are none. */
function tidy(points: readonly Point[]): Point[] {
  const apart = points.filter((point, at) => {
    const before = points[at - 1];
    return before === undefined || !same(before.x, point.x) || !same(before.y, point.y);
  });
  return apart.filter((point, at) => {
    const [before, after] = [apart[at - 1], apart[at + 1]];
    if (before === undefined || after === undefined) return true;
    const straight =
      (same(before.x, point.x) && same(point.x, after.x)) || (same(before.y, point.y) && same(point.y, after.y));
    return !straight;
  });
}

function same(one: number, other: number): boolean {
  return Math.abs(one - other) < 0.5;
}

/** The line as a path with rounded corners. */
export function pathOf(points: readonly Point[]): string {
  return points
    .map((point, at) => {
      const [before, after] = [points[at - 1], points[at + 1]];
      if (before === undefined) return `M${point.x} ${point.y}`;
      if (after === undefined) return `L${point.x} ${point.y}`;
      const [from, to] = [towards(point, before), towards(point, after)];
      return `L${from.x} ${from.y}Q${point.x} ${point.y} ${to.x} ${to.y}`;
    })
    .join("");
}

/** The point of the line, at the card that is rested on. */
export function headOf(points: readonly Point[]): string {
  const [before, end] = [points.at(-2), points.at(-1)];
  if (before === undefined || end === undefined) return "";
  const [dx, dy] = [Math.sign(Math.round(end.x - before.x)), Math.sign(Math.round(end.y - before.y))];
  const [x, y] = [end.x - dx * 2 * HEAD, end.y - dy * 2 * HEAD];
  return `M${end.x} ${end.y}L${x + dy * HEAD} ${y + dx * HEAD}L${x - dy * HEAD} ${y - dx * HEAD}Z`;
}

function towards(from: Point, to: Point): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const step = Math.min(RADIUS, length / 2) / length;
  return { x: from.x + (to.x - from.x) * step, y: from.y + (to.y - from.y) * step };
}
