// Where each line of the worklist leads, and how many there are.
import type { WorkItem, Worklist } from "../../api/types";

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

/** A number of lines, which is counted no further than a bound. */
export function countText(number: number, counts: Pick<Worklist["counts"], "most">): string {
  return number < counts.most ? String(number) : `${counts.most - 1}+`;
}

export function awaitsText(counts: Worklist["counts"] | undefined): string {
  if (counts === undefined) return "";
  if (counts.mine === 0) return "Nothing awaits you";
  return counts.mine === 1 ? "1 thing awaits you" : `${countText(counts.mine, counts)} things await you`;
}
