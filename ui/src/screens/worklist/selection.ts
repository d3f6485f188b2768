// Which lines of the worklist are shown, and where each one leads.
import type { WorkItem } from "../../api/types";

export type Show = "mine" | "capture" | "review" | "done" | "all";

const KINDS: Record<Exclude<Show, "mine" | "all">, readonly WorkItem["kind"][]> = {
  capture: ["capture", "analysis"],
  review: ["review", "sign"],
  done: ["signed", "done", "abandoned"],
};

const NEEDED: Partial<Record<WorkItem["kind"], string>> = {
  capture: "sessions.operate",
  review: "assessments.review",
  sign: "assessments.sign",
  attention: "assessments.read",
};

/** Whether a line waits for something that a person with these permissions can do. */
export function awaits(item: WorkItem, permissions: readonly string[]): boolean {
  const needed = NEEDED[item.kind];
  return needed !== undefined && permissions.includes(needed);
}

const URGENCY: Partial<Record<WorkItem["kind"], number>> = { attention: 0, sign: 1, review: 2 };

/** The lines to show: what matches, the most urgent first where it is a person's own work. */
export function shown(
  items: readonly WorkItem[],
  show: Show,
  query: string,
  permissions: readonly string[],
): WorkItem[] {
  const wanted = query.trim().toLowerCase();
  const matching = items.filter((item) => {
    const text = `${item.pseudonym} ${item.device_serial ?? ""} ${item.report_number ?? ""}`;
    return text.toLowerCase().includes(wanted);
  });
  if (show === "all") return matching;
  if (show !== "mine") return matching.filter((item) => KINDS[show].includes(item.kind));
  return matching
    .filter((item) => awaits(item, permissions))
    .sort((one, other) => (URGENCY[one.kind] ?? 9) - (URGENCY[other.kind] ?? 9));
}

/** What is going on without awaiting this person, so that nothing is out of sight. */
export function others(
  items: readonly WorkItem[],
  query: string,
  permissions: readonly string[],
): WorkItem[] {
  return shown(items, "all", query, permissions).filter((item) => !awaits(item, permissions));
}

/** The screen on which a line's work is done. */
export function placeOf(item: WorkItem) {
  if (item.report !== null && (item.kind === "done" || item.kind === "attention")) {
    return { to: "/reports/$report", params: { report: item.report } } as const;
  }
  if (item.assessment !== null) {
    const params = { assessment: item.assessment };
    return item.kind === "sign"
      ? ({ to: "/assessments/$assessment/sign-off", params } as const)
      : ({ to: "/assessments/$assessment", params } as const);
  }
  return { to: "/sessions/$session", params: { session: item.session } } as const;
}
