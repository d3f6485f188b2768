// Finds nodes of a trace by what somebody holds in hand: the beginning of a digest, or a name.
import type { TraceNode } from "../../api/types";

const FEWEST_DIGITS = 4;
const FEWEST_LETTERS = 2;

/** Nodes whose digest begins so, or whose title holds it; none while too little is typed. */
export function findNodes(
  nodes: readonly TraceNode[],
  typed: string,
  titleOf: (id: string) => string,
): TraceNode[] {
  const wanted = typed.trim().toLowerCase();
  if (wanted.length < FEWEST_LETTERS) return [];
  const digits = wanted.replace(/^sha256:/, "").replaceAll(" ", "");
  const isDigest = /^[0-9a-f]+$/.test(digits) && digits.length >= FEWEST_DIGITS;
  return nodes.filter(
    (node) =>
      (isDigest && digestsOf(node).some((digest) => digest.startsWith(digits))) ||
      titleOf(node.id).toLowerCase().includes(wanted) ||
      node.title.toLowerCase().includes(wanted),
  );
}

function digestsOf({ digest, detail }: TraceNode): string[] {
  return [digest ?? "", detail]
    .filter((each) => /^(sha256:)?[0-9a-f]{64}$/.test(each))
    .map((each) => each.replace(/^sha256:/, ""));
}
