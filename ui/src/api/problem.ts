// A request that did not succeed, in the words of the service.
import type { Problem } from "./types";

export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
    this.name = "ProblemError";
  }

  get status(): number {
    return this.problem.status;
  }

  /** The last word of the problem's type, such as `capture-blocked`. */
  get slug(): string {
    return this.problem.type.split(":").at(-1) ?? "";
  }
}

/** The kind of refusal of a view whose rows are being made anew. */
export const BEING_REBUILT = "being-rebuilt";

/** What is shown when no answer came at all. */
export function unreachable(): ProblemError {
  return new ProblemError({
    type: "urn:vultus:problem:unreachable",
    title: "No connection to the record",
    status: 0,
    detail: "The service did not answer. Nothing you typed was recorded.",
    next_step: "Check the network of this computer, then try again.",
  });
}

/** What is shown of a chosen file that is not what it should be; nothing was sent. */
export function unreadable(name: string, madeBy: string): ProblemError {
  return new ProblemError({
    type: "urn:vultus:problem:malformed",
    title: "Not readable",
    status: 422,
    detail: `${name} is not what ${madeBy} writes. Nothing was sent.`,
    next_step: "Choose the file as it was written.",
  });
}

/** Reads a problem document; anything else that is not a success becomes one. */
export function problemFrom(body: unknown, status: number): ProblemError {
  if (typeof body === "object" && body !== null && "title" in body && "type" in body) {
    return new ProblemError({ ...(body as Problem), status });
  }
  return new ProblemError({
    type: "urn:vultus:problem:unexpected",
    title: "The service answered in a way this page cannot read",
    status,
    detail: `The answer had status ${status}.`,
    next_step: "Try again. If it happens again, tell whoever looks after the system.",
  });
}

export function isProblem(error: unknown, status?: number): error is ProblemError {
  return error instanceof ProblemError && (status === undefined || error.status === status);
}
