// Places the cards of a trace: the way to the frames in the middle, row by row, the rest beside it.
import type { Card, Cards } from "./cards";

export const CARD_HEIGHT = 44;
const GAP = 12;
const STEP_GAP = 26;
const GUTTER = 42;
const PAD = 14;
const TITLE_HEIGHT = 20;
const BLOCK_GAP = 14;
const FRAME = 6;
const WIDEST = 230;
const NARROWEST = 120;

/** The smallest scale at which every text of a card is 11 px high or more; cards use 12 px. */
export const READABLE = 0.92;
/** Widths from which on the way has one more column. */
const MORE_COLUMNS = [620, 900, 1120];

export interface Place {
  card: Card;
  area: "way" | "left" | "right";
  /** Row on the way, or number of the block beside it; a group that is open has a last one, too. */
  row: number;
  last: number;
  /** Place in the row or block, from 0, and of how many. */
  at: number;
  of: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Layout {
  width: number;
  height: number;
  /** In reading order: down the way, then the left side, then the right. */
  places: readonly Place[];
  /** Around each group on the way that is open: its lines begin and end there. */
  frames: readonly Place[];
  titles: readonly { title: string; x: number; y: number; width: number }[];
  /** Heights at which lines may cross the way: above each row, and below the last. */
  channels: readonly number[];
  /** Where lines may run up and down: between the way and each side. */
  gutters: { left: number; right: number };
}

/** Lays the cards out for a width in pixels; no two overlap, and nothing is wider than asked for. */
export function layoutOf(cards: Cards, width: number): Layout {
  const sides = (["left", "right"] as const).map((side) => cards.beside.some(({ block }) => block.side === side));
  const [hasLeft = false, hasRight = false] = sides;
  const columns = 1 + MORE_COLUMNS.filter((from) => width >= from).length;
  const sideCount = Number(hasLeft) + Number(hasRight);
  const free = width - 2 * PAD - 2 * GUTTER - (columns - 1) * GAP;
  const card = Math.max(NARROWEST, Math.min(WIDEST, Math.floor(free / (columns + sideCount))));
  const wayWidth = columns * card + (columns - 1) * GAP;
  const wayLeft = PAD + (hasLeft ? card : 0) + GUTTER;
  const rightLeft = wayLeft + wayWidth + GUTTER;
  const way = placeWay(cards, { columns, card, left: wayLeft, width: wayWidth });
  const left = placeSide(cards, "left", PAD, card);
  const right = placeSide(cards, "right", rightLeft, card);
  return {
    width: rightLeft + (hasRight ? card : 0) + PAD,
    height: Math.max(way.bottom, left.bottom, right.bottom) + PAD,
    places: [...way.places, ...left.places, ...right.places],
    frames: way.frames,
    titles: [...left.titles, ...right.titles],
    channels: way.channels,
    gutters: { left: wayLeft - GUTTER / 2, right: wayLeft + wayWidth + GUTTER / 2 },
  };
}

interface Row {
  cards: Card[];
  /** Whether the next row goes on with the same kind. */
  goesOn: boolean;
  /** Whether it is of a group that is open, which is read from left to right. */
  opened: boolean;
}

/** Fills rows; cards of one kind stay together, and a group that is open stands alone. */
function rowsOf(step: readonly (readonly Card[])[], columns: number): Row[] {
  const rows: Row[] = [];
  let alone = true;
  for (const part of step) {
    const last = rows.at(-1);
    const opened = part[0]?.open === true;
    if (last !== undefined && !alone && !opened && last.cards.length + part.length <= columns) {
      last.cards.push(...part);
      continue;
    }
    for (let from = 0; from < part.length; from += columns) {
      rows.push({ cards: part.slice(from, from + columns), goesOn: from + columns < part.length, opened });
    }
    alone = opened;
  }
  return rows;
}

interface WayFrame {
  columns: number;
  card: number;
  left: number;
  width: number;
}

function placeWay({ way }: Cards, { columns, card, left, width }: WayFrame) {
  const places: Place[] = [];
  const channels = [PAD / 2];
  let y = PAD;
  let row = 0;
  const rows = way.flatMap((step) => rowsOf(step, columns));
  for (const [number, { cards, goesOn, opened }] of rows.entries()) {
    const used = cards.length * card + (cards.length - 1) * GAP;
    const x = opened ? left : left + (width - used) / 2;
    cards.forEach((each, at) => {
      const spot = { row, last: row, at, of: cards.length };
      places.push({ card: each, area: "way", ...spot, x: x + at * (card + GAP), y, width: card, height: CARD_HEIGHT });
    });
    const gap = goesOn ? GAP : number === rows.length - 1 ? PAD : STEP_GAP;
    channels.push(y + CARD_HEIGHT + gap / 2);
    y += CARD_HEIGHT + gap;
    row += 1;
  }
  const heads = places.filter((place) => place.card.open === true);
  const frames = heads.map((head) => frameOf(head, places, left, width));
  return { places, frames, channels, bottom: places.length === 0 ? PAD : y - PAD };
}

function frameOf(head: Place, places: readonly Place[], left: number, width: number): Place {
  const inside = places.filter((place) => place.card.kind === head.card.kind);
  const last = Math.max(...inside.map((place) => place.row));
  const bottom = Math.max(...inside.map((place) => place.y + place.height));
  return {
    ...head, last, at: 0, of: 1, x: left - FRAME, y: head.y - FRAME, width: width + 2 * FRAME, height: bottom - head.y + 2 * FRAME,
  };
}

function placeSide({ beside }: Cards, side: "left" | "right", x: number, width: number) {
  const places: Place[] = [];
  const titles: Layout["titles"][number][] = [];
  let y = PAD;
  for (const [row, { block, cards }] of beside.entries()) {
    if (block.side !== side) continue;
    titles.push({ title: block.title, x, y, width });
    y += TITLE_HEIGHT;
    cards.forEach((card, at) => {
      places.push({ card, area: side, row, last: row, at, of: cards.length, x, y, width, height: CARD_HEIGHT });
      y += CARD_HEIGHT + (at === cards.length - 1 ? BLOCK_GAP : GAP);
    });
  }
  return { places, titles, bottom: places.length === 0 ? PAD : y - BLOCK_GAP };
}

/** Where lines of a card begin and end: at its frame, where it is a group that is open. */
export function endsOf({ places, frames }: Layout): Map<string, Place> {
  return new Map([...places, ...frames].map((place) => [place.card.id, place]));
}

export interface View {
  x: number;
  y: number;
  zoom: number;
  /** Whether everything is seen at once. */
  whole: boolean;
}

/** Shows everything where its texts stay readable; otherwise the beginning, at the report. */
export function viewOf({ width, height }: Pick<Layout, "width" | "height">, window: { width: number; height: number }): View {
  const fit = Math.min(window.width / width, window.height / height, 1);
  const zoom = Math.max(fit, READABLE);
  return { x: Math.max(0, (window.width - width * zoom) / 2), y: 0, zoom, whole: fit >= READABLE };
}
