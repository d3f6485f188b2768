// How the screens change the record: once per intention, and never over somebody else's change.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { isProblem, type ProblemError } from "./problem";
import { requestKey } from "./requestKey";
import { wrote } from "./standing";

interface Options<Output> {
  onDone?: (output: Output) => void;
}

/**
 * Sends a change. Its key stays the same until an answer came, so that trying again after a lost
 * connection records nothing twice; every definite answer, good or bad, ends the intention.
 */
export function useWrite<Input, Output>(
  send: (input: Input, key: string) => Promise<Output>,
  { onDone }: Options<Output> = {},
) {
  const queries = useQueryClient();
  const key = useRef<string | null>(null);
  return useMutation<Output, ProblemError, Input>({
    mutationFn: (input) => {
      key.current ??= requestKey();
      return send(input, key.current);
    },
    onSuccess: async (output) => {
      key.current = null;
      const seq = (output as { seq?: unknown } | undefined)?.seq;
      if (typeof seq === "number") wrote(seq);
      onDone?.(output);
      await queries.invalidateQueries();
    },
    onError: async (error) => {
      if (!isProblem(error, 0) && !isProblem(error, 503)) key.current = null;
      // Somebody changed it meanwhile: read the new state, which the screen then shows.
      if (isProblem(error, 412)) await queries.invalidateQueries();
    },
  });
}
