// Places the cards of a trace: the way to the frames in the middle, row by row, the rest beside it.
import type { Card, Cards } from "./cards";

export const CARD_HEIGHT = 44;
const GAP = 12;
const STEP_GAP = 26;
const GUTTER = 42;
const PAD = 14;
const TITLE_HEIGHT = 20;
const BLOCK_GAP = 14;
const WIDEST = 230;
const NARROWEST = 120;

/** The smallest scale at which every text of a card is 11 px high or more; cards use 12 px. */
export const READABLE = 0.92;
/** Widths from which on the way has one more column. */
const MORE_COLUMNS = [620, 940, 1480];

export interface Place {
  card: Card;
  area: "way" | "left" | "right";
  /** Row on the way, or number of the block beside it. */
  row: number;
  /** Place in the row or block, from 0, and of how many. */
  at: number;
  of: number;
  x: number;
  y: number;
  width: number;
}

export interface Layout {
  width: number;
  height: number;
  /** In reading order: down the way, then the left side, then the right. */
  places: readonly Place[];
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
    titles: [...left.titles, ...right.titles],
    channels: way.channels,
    gutters: { left: wayLeft - GUTTER / 2, right: wayLeft + wayWidth + GUTTER / 2 },
  };
}

/** Fills rows; cards of one kind stay together where they fit into what is left of a row. */
function rowsOf(step: readonly (readonly Card[])[], columns: number): Card[][] {
  const rows: Card[][] = [];
  for (const part of step) {
    const last = rows.at(-1);
    if (last !== undefined && last.length + part.length <= columns) {
      last.push(...part);
      continue;
    }
    for (let from = 0; from < part.length; from += columns) rows.push(part.slice(from, from + columns));
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
  for (const [number, step] of way.entries()) {
    const rows = rowsOf(step, columns);
    for (const [index, cards] of rows.entries()) {
      const used = cards.length * card + (cards.length - 1) * GAP;
      const x = left + (width - used) / 2;
      cards.forEach((each, at) => {
        places.push({ card: each, area: "way", row, at, of: cards.length, x: x + at * (card + GAP), y, width: card });
      });
      const ends = index === rows.length - 1;
      const gap = !ends ? GAP : number === way.length - 1 ? PAD : STEP_GAP;
      channels.push(y + CARD_HEIGHT + gap / 2);
      y += CARD_HEIGHT + gap;
      row += 1;
    }
  }
  return { places, channels, bottom: places.length === 0 ? PAD : y - PAD };
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
      places.push({ card, area: side, row, at, of: cards.length, x, y, width });
      y += CARD_HEIGHT + (at === cards.length - 1 ? BLOCK_GAP : GAP);
    });
  }
  return { places, titles, bottom: places.length === 0 ? PAD : y - BLOCK_GAP };
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
