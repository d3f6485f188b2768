// How fresh what is shown is: position in the log, events still behind, and the connection.
import { useSyncExternalStore } from "react";

export interface Standing {
  position: number | null;
  lag: number;
  asOf: Date | null;
  connection: "connecting" | "live" | "lost";
}

let standing: Standing = { position: null, lag: 0, asOf: null, connection: "connecting" };
let leastSeen = -1;
const listeners = new Set<() => void>();

export function currentStanding(): Standing {
  return standing;
}

/** Replaces part of the standing and tells whoever shows it. */
export function report(change: Partial<Standing>): void {
  standing = { ...standing, ...change };
  for (const listener of listeners) listener();
}

/** Remembers our own writes, so that later readings include them. */
export function wrote(seq: number): void {
  leastSeen = Math.max(leastSeen, seq);
}

/** The position that readings must have reached, or none. */
export function atLeast(): number | null {
  return leastSeen < 0 ? null : leastSeen;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useStanding(): Standing {
  return useSyncExternalStore(subscribe, currentStanding);
}
