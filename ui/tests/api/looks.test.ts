import { describe, expect, test } from "vitest";
import type { AuditItem } from "../../src/api/types";
import { runsOf, sameLook, wholePage } from "../../src/api/looks";

function item(seq: number, more: Partial<AuditItem> = {}): AuditItem {
  return {
    seq, at: "2026-11-29T00:00:00Z", name: "RecordViewed", title: "Record viewed", detail: "report:1, for care", erased: false,
    actor: "practitioner:1", actor_kind: "practitioner", actor_name: "Somebody", stream: "access-1", version: seq, subject: null,
    device_sequence: null, device_time: null, received_at: null, correlation: "c", causation: null, leaf: "l", ...more,
  };
}

const other = (seq: number) => item(seq, { name: "SessionOpened", detail: null });

/** A service that pages a trail, as ours does: two lines a page, and where the next begins. */
function service(trail: readonly AuditItem[], size = 2) {
  const asked: (number | undefined)[] = [];
  const ask = (before: number | undefined) => {
    asked.push(before);
    const left = trail.filter((each) => before === undefined || each.seq < before);
    const items = left.slice(0, size);
    return Promise.resolve({ items, next: left.length > size ? (items.at(-1)?.seq ?? null) : null });
  };
  return { ask, asked };
}

/** Turns every page of a trail. */
async function turned(trail: readonly AuditItem[], size = 2) {
  const { ask } = service(trail, size);
  const pages = [await wholePage(ask, undefined)];
  for (let next = pages[0]?.next ?? null; next !== null; next = pages.at(-1)?.next ?? null) {
    pages.push(await wholePage(ask, next));
  }
  return pages;
}

describe("reads that belong together", () => {
  test("are those of one thing, by one person, for one purpose", () => {
    expect(sameLook(item(2), item(1))).toBe(true);
    expect(sameLook(item(2), item(1, { detail: "report:2, for care" }))).toBe(false);
    expect(sameLook(item(2), item(1, { detail: "report:1, for audit" }))).toBe(false);
    expect(sameLook(item(2), item(1, { actor: "practitioner:2" }))).toBe(false);
    expect(sameLook(item(2, { detail: null }), item(1, { detail: null }))).toBe(false);
    expect(sameLook(other(2), other(1))).toBe(false);
  });

  test("only where nothing stands between them, and none is left out", () => {
    const items = [item(9), item(8), other(7), item(6), item(5, { actor: "x:1" })];
    const runs = runsOf(items);
    expect(runs.map((run) => run.map((each) => each.seq))).toEqual([[9, 8], [7], [6], [5]]);
    expect(runs.flat()).toEqual(items);
  });
});

describe("pages of the trail", () => {
  test("a page does not end within them; the older page begins after them", async () => {
    const trail = [other(9), item(8), item(7), item(6), other(5), other(4)];
    const pages = await turned(trail);
    expect(pages.map((page) => page.items.map((each) => each.seq))).toEqual([[9, 8, 7, 6], [5, 4]]);
    expect(pages.flatMap((page) => page.items)).toEqual(trail);
  });

  test("however pages fall, every line stands on one page and every run is whole", async () => {
    for (const size of [1, 2, 3, 4, 5, 7]) {
      const trail = Array.from({ length: 23 }, (_, at) => {
        const seq = 100 - at;
        return at % 7 < 4 ? item(seq, { detail: `report:${Math.floor(at / 7)}, for care` }) : other(seq);
      });
      const pages = await turned(trail, size);
      expect(pages.flatMap((page) => page.items)).toEqual(trail);
      expect(pages.flatMap((page) => runsOf(page.items))).toEqual(runsOf(trail));
    }
  });

  test("where nothing is left to tell, nothing more is asked for", async () => {
    const { ask, asked } = service([other(3), item(2)]);
    expect((await wholePage(ask, undefined)).next).toBeNull();
    expect(asked).toEqual([undefined]);
  });

  test("a page that ends with another line is asked for once", async () => {
    const { ask, asked } = service([item(3), other(2), item(1)]);
    expect((await wholePage(ask, undefined)).next).toBe(2);
    expect(asked).toHaveLength(1);
  });

  test("very many are cut, and the page says so", async () => {
    const trail = Array.from({ length: 60 }, (_, at) => item(60 - at));
    const { ask } = service(trail);
    const page = await wholePage(ask, undefined);
    expect(page.cut).toBe(true);
    expect(page.items).toHaveLength(22);
    expect(page.next).toBe(39);
    expect((await turned(trail)).flatMap((each) => each.items)).toEqual(trail);
  });
});
