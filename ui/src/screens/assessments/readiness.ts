// Whether an assessment can be signed now, and if not, why.
import type { Standing } from "../../api/standing";
import type { Assessment } from "../../api/types";
import { count } from "../../words";

type Looked = Pick<Assessment, "findings" | "conclusion" | "state">;

/** The reason against signing now, or none. */
export function notReadyBecause(
  detail: Looked,
  standing: Pick<Standing, "lag" | "connection">,
): string | null {
  if (detail.state !== "open") return "It is signed already.";
  const open = detail.findings.filter((finding) => finding.verdict === "none").length;
  if (open > 0) return `${count(open, "finding")} still to review.`;
  if (!detail.conclusion) return "The conclusion is missing.";
  if (standing.connection === "lost") return "No connection: what you see may be old.";
  if (standing.lag > 0) return `This page is ${count(standing.lag, "event")} behind; wait until it is current.`;
  return null;
}
