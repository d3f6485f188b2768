// Follows the record: what changed elsewhere is read again, at once.
import type { QueryClient } from "@tanstack/react-query";
import { PREFIX } from "./client";
import { report } from "./standing";

const LISTS = ["worklist", "subjects", "devices", "models", "ledger", "audit-trail", "standings"];

/** The keys of what must be read again when a stream changed. */
export function touchedBy(stream: string): string[][] {
  const found = /^(.*)-([0-9a-f]{8}-[0-9a-f-]{27})$/.exec(stream);
  const [kind, id] = [found?.[1], found?.[2]];
  if (kind === undefined || id === undefined) return [];
  // Who is signed in may have been given a role, or have lost one.
  if (kind === "practitioner") return [["people"], ["me"]];
  if (kind === "consent" || kind === "subject") return [["subject"]];
  return [[kind, id], ...(kind === "assessment" ? [["report"], ["capture-session"]] : [])];
}

/** Listens until the returned function is called. */
export function follow(queries: QueryClient): () => void {
  const source = new EventSource(`${PREFIX}/updates`);
  source.addEventListener("open", () => report({ connection: "live" }));
  source.addEventListener("error", () => report({ connection: "lost" }));
  source.addEventListener("changed", (event) => {
    const { position, streams } = JSON.parse(event.data) as {
      position: number;
      streams: string[];
    };
    report({ position, lag: 0, asOf: new Date(), connection: "live" });
    if (streams.length === 0) return;
    const keys = [...LISTS.map((list) => [list]), ...streams.flatMap(touchedBy)];
    for (const queryKey of keys) void queries.invalidateQueries({ queryKey });
  });
  source.addEventListener("lag", (event) => {
    const { lag } = JSON.parse(event.data) as { lag: number };
    report(lag === 0 ? { lag, asOf: new Date() } : { lag });
  });
  return () => source.close();
}
