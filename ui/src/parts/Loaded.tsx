// Waits for a reading, and says plainly when it is refused, missing or out of reach.
import { Button, Loader } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { BEING_REBUILT, isProblem } from "../api/problem";
import { Glyph, type GlyphName } from "./Glyph";
import styles from "./Loaded.module.css";
import { ProblemNotice } from "./ProblemNotice";

interface Props<Data> {
  query: { data: Data | undefined; error: Error | null; refetch: () => unknown };
  children: (data: Data) => ReactNode;
}

export function Loaded<Data>({ query, children }: Props<Data>) {
  if (query.data !== undefined) {
    // What was read before stays on screen while a newer reading fails; it says so.
    return (
      <>
        {query.error && isProblem(query.error) && (
          <div className={styles.stale}>
            <ProblemNotice error={query.error} onRetry={() => void query.refetch()}>
              <p>What you see below was read earlier.</p>
            </ProblemNotice>
          </div>
        )}
        {children(query.data)}
      </>
    );
  }
  if (query.error) return <Instead error={query.error} retry={() => void query.refetch()} />;
  return (
    <div className={styles.wait} role="status">
      <Loader size="sm" aria-hidden="true" />
      <span>Reading the record</span>
    </div>
  );
}

const REBUILT = {
  glyph: "wait",
  title: "This view is being rebuilt",
  detail: "It comes by itself as soon as it is complete; the line above says how far it is.",
} as const;

const INSTEAD: Record<number, { glyph: GlyphName; title: string; detail: string }> = {
  0: {
    glyph: "warn",
    title: "No connection to the record",
    detail: "The service did not answer. This page reads again as soon as it does.",
  },
  403: {
    glyph: "lock",
    title: "Your role does not open this",
    detail: "Nobody is blamed for asking; that it was asked for is in the record.",
  },
  404: {
    glyph: "search",
    title: "There is nothing at this address",
    detail: "It may have been mistyped, or it belongs to another clinic.",
  },
  410: {
    glyph: "held",
    title: "The content was erased",
    detail: "Its place in the record remains, and can still be verified.",
  },
};

function Instead({ error, retry }: { error: Error; retry: () => void }) {
  if (!isProblem(error)) throw error;
  const known = error.slug === BEING_REBUILT ? REBUILT : INSTEAD[error.status];
  return (
    <div className={styles.instead} role="alert">
      <Glyph name={known?.glyph ?? "fail"} size={30} />
      <h1>{known?.title ?? error.problem.title}</h1>
      <p>{known?.detail ?? error.problem.detail}</p>
      {known && error.status === 403 && <p className={styles.said}>{error.problem.detail}</p>}
      <div className={styles.actions}>
        <Button variant="default" onClick={retry}>
          Try again
        </Button>
        <Button variant="subtle" component={Link} to="/">
          Go to the worklist
        </Button>
      </div>
    </div>
  );
}
