// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { describe, expect, test } from "vitest";
import { ProblemError, unreachable } from "../../src/api/problem";
import { atLeast } from "../../src/api/standing";
import { useWrite } from "../../src/api/writes";

function withQueries(children: ReactNode) {
  return <QueryClientProvider client={new QueryClient()}>{children}</QueryClientProvider>;
}

function refused(status: number): ProblemError {
  return new ProblemError({ type: "urn:vultus:problem:x", title: "t", status, detail: "" });
}

/** Sends as often as there are outcomes, and returns the keys that were used. */
async function keysUsed(outcomes: readonly (Error | { seq: number })[]): Promise<string[]> {
  const keys: string[] = [];
  const left = [...outcomes];
  const hook = renderHook(
    () =>
      useWrite(async (_: string, key) => {
        keys.push(key);
        const next = left.shift();
        if (next instanceof Error) throw next;
        return next;
      }),
    { wrapper: ({ children }) => withQueries(children) },
  );
  for (let sent = 1; sent <= outcomes.length; sent += 1) {
    act(() => hook.result.current.mutate("input"));
    await waitFor(() => expect(keys).toHaveLength(sent));
    await waitFor(() => expect(hook.result.current.isPending).toBe(false));
  }
  return keys;
}

describe("writing", () => {
  test("trying again after silence uses the same key, so nothing is recorded twice", async () => {
    const [first, second] = await keysUsed([unreachable(), { seq: 41 }]);
    expect(second).toBe(first);
  });

  test("a refusal ends the intention: the next one has a key of its own", async () => {
    const [first, second] = await keysUsed([refused(409), { seq: 42 }]);
    expect(second).not.toBe(first);
  });

  test("a success ends the intention, and later readings include it", async () => {
    const [first, second] = await keysUsed([{ seq: 1_043 }, { seq: 1_044 }]);
    expect(second).not.toBe(first);
    expect(atLeast()).toBe(1_044);
  });
});
