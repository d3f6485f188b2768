// Reads of the same thing that follow one another in the audit trail: told together, never left out.
import type { AuditItem } from "./types";

export interface TrailPage {
  items: AuditItem[];
  next: number | null;
  /** Whether the last reads go on, on the older page; only where they are very many. */
  cut: boolean;
}

interface Asked {
  items: AuditItem[];
  next?: number | null;
}

/** After so many further questions a page ends within reads that belong together, and says so. */
const MOST_QUESTIONS = 10;

/** Whether two lines are reads of one thing, by one person, for one purpose. */
export function sameLook(one: AuditItem, other: AuditItem): boolean {
  // The detail of a read is what was read and what for; where it was erased nobody can tell.
  return (
    one.name === "RecordViewed" &&
    other.name === one.name &&
    one.detail !== null &&
    other.detail === one.detail &&
    other.actor === one.actor &&
    other.stream === one.stream &&
    other.subject === one.subject
  );
}

/** Splits lines into runs, in order: reads that belong together in one, every other line alone. */
export function runsOf(items: readonly AuditItem[]): AuditItem[][] {
  const runs: AuditItem[][] = [];
  for (const item of items) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    if (run !== undefined && before !== undefined && sameLook(before, item)) run.push(item);
    else runs.push([item]);
  }
  return runs;
}

/**
 * A page that does not end within reads that belong together: what goes on is asked for and added,
 * and the older page begins after it. The service's pages stay as they are.
 */
export async function wholePage(
  ask: (before: number | undefined) => Promise<Asked>,
  before: number | undefined,
): Promise<TrailPage> {
  const first = await ask(before);
  const items = [...first.items];
  let next = first.next ?? null;
  for (let asked = 0; next !== null; asked += 1) {
    const last = items.at(-1);
    if (last === undefined || last.name !== "RecordViewed" || last.detail === null) break;
    if (asked === MOST_QUESTIONS) return { items, next, cut: true };
    const page: Asked = await ask(next);
    const end = page.items.findIndex((item) => !sameLook(last, item));
    const more = end === -1 ? page.items : page.items.slice(0, end);
    items.push(...more);
    if (end === -1) {
      next = page.next ?? null;
      continue;
    }
    // The older page begins where the reads end.
    next = more.at(-1)?.seq ?? next;
    break;
  }
  return { items, next, cut: false };
}
