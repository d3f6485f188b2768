// How the record stands in the mock: as it usually does, and in every state that a person may meet.
import type { LedgerHealth, LogKeys, Outside, OutsidePlace, Standings, Storage, Verification } from "../src/api/types";
import { ago, DAY, digest, id } from "./identifiers";

const ORIGIN = `vultus/${id(2)}`;
const PEER = `vultus/${id(3)}`;
const HOUR = 60;

/** A verifier key that looks like one; `kind` is 1 for a log, 4 for a witness. */
function key(name: string, keyId: string, kind = 1): string {
  return `${name}+${keyId}+${base64([kind, ...bytesOf(digest(keyId).slice(7))])}`;
}

/** A signature line that looks like one; with a time, that of a witness. */
function line(name: string, keyId: string, at?: string): string {
  const rest = bytesOf(digest(`${keyId} signs`).slice(7).repeat(2));
  return `— ${name} ${base64([...bytesOf(keyId), ...(at === undefined ? [] : seconds(at)), ...rest])}\n`;
}

function checkpoint(size: number, ...lines: string[]): string {
  return `${ORIGIN}\n${size}\n${base64(bytesOf(digest(`root ${size}`).slice(7)))}\n\n${lines.join("")}`;
}

function seconds(at: string): number[] {
  const since = BigInt(Math.floor(Date.parse(at) / 1_000));
  return bytesOf(since.toString(16).padStart(16, "0"));
}

function bytesOf(hex: string): number[] {
  return (hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}

function base64(bytes: number[]): string {
  return btoa(String.fromCharCode(...bytes));
}

const [FIRST, SECOND, THIRD, WITNESS, OTHER] = ["5b01c3d2", "9f2c11aa", "c47e90b8", "d1a76e04", "70c3be19"] as const;

const PROJECTIONS = ["assessment", "audit-trail", "capture-session", "equipment", "inference", "practitioner-worklist", "subject", "trace"];

export const STANDINGS: Standings = {
  size: 1_205, position: 1_204, lag_records: 0, lag_seconds: 0, stalled: false, rebuilding: false,
  projections: PROJECTIONS.map((name) => ({ name, position: 1_204, lag_records: 0, lag_seconds: 0, stalled_seq: null, stalled_why: null, readable: true, rebuild: null })),
};

export const STORAGE: Storage = {
  writable: true, low: false,
  places: ["database", "data"].map((name) => ({ name, writable: true, low: false, reason: null, next_step: null, free_bytes: name === "data" ? 412e9 : null })),
};

export const HEALTH: LedgerHealth = {
  size: 1_205, root: digest("root"),
  checkpoint: { size: 1_200, signed_at: ago(4), text: checkpoint(1_200, line(ORIGIN, SECOND), line(PEER, WITNESS, ago(3.9))) },
  outside_copies: "kept",
  work: { position: 1_204, lag: 0, leader: "capture-host:2114", leading_since: ago(5 * HOUR), halted: [], set_aside: [] },
  last_verification: { whole: true, seq: 1_181, size: 1_180, at: ago(42), intact: true, root: digest("root"), signatures: 212, blobs: 48, problems: [] },
  remembered: { size: 1_195, at: ago(12), why: "" },
  projections: PROJECTIONS.map((name) => ({ name, position: 1_204, lag: 0, stalled_seq: null, stalled_why: null })),
  log_key: key(ORIGIN, SECOND),
};

function place(kind: OutsidePlace["kind"], name: string, more: Partial<OutsidePlace> = {}): OutsidePlace {
  return { place: name, kind, size: 1_200, kept_at: ago(3.9), waiting_s: 0, late: false, problem: "", alarm: "", ...more };
}

const FOLDER = "/srv/vultus/data/checkpoint-copies";
const BUCKET = "s3://clinic-checkpoints/vultus";
const PEER_ADDRESS = "https://portal.northside.example/witness";

export const OUTSIDE: Outside = {
  places: [place("folder", FOLDER), place("bucket", BUCKET), place("witness", PEER_ADDRESS)],
  cosigned: { size: 1_200, text: checkpoint(1_200, line(ORIGIN, SECOND), line(PEER, WITNESS, ago(3.9)), line("vultus/transparency.example", OTHER, ago(3.8))) },
  witness_key: key(ORIGIN, "3e8840f7", 4),
  witnessed: [{ origin: PEER, size: 88_410, conflicts: 0 }],
};

function statement(earlier: string, later: string, from: number, until: number): string {
  return `vultus/log-key-succession/v1\n${ORIGIN}\n${key(ORIGIN, earlier)}\n${key(ORIGIN, later)}\nfrom ${from}\nuntil ${until}\n\n${line(ORIGIN, earlier)}${line(ORIGIN, later)}`;
}

export const LOG_KEYS: LogKeys = {
  keys: [
    { key: key(ORIGIN, FIRST), first: 0, until: 800, since: null },
    { key: key(ORIGIN, SECOND), first: 640, until: null, since: ago(41 * DAY) },
  ],
  successions: [statement(FIRST, SECOND, 640, 800)],
};

export interface Scene {
  health: LedgerHealth;
  outside: Outside;
  keys: LogKeys;
  standings: Standings;
  storage: Storage;
  /** Parts that the person's role does not open. */
  refused: string[];
}

const USUAL: Scene = { health: HEALTH, outside: OUTSIDE, keys: LOG_KEYS, standings: STANDINGS, storage: STORAGE, refused: [] };

const work = (more: Partial<LedgerHealth["work"]>): LedgerHealth => ({ ...HEALTH, work: { ...HEALTH.work, ...more } });

function standings(changes: Record<string, Partial<Standings["projections"][number]>>, more: Partial<Standings>): Standings {
  return { ...STANDINGS, ...more, projections: STANDINGS.projections.map((each) => ({ ...each, ...changes[each.name] })) };
}

/** Each state by its name; the mock shows one after its address was opened: `/api/v1/scene/late`. */
export const SCENES = {
  usual: USUAL,
  new: {
    ...USUAL,
    health: { ...HEALTH, size: 0, checkpoint: null, last_verification: null, remembered: null, work: { ...HEALTH.work, position: -1 } },
    outside: { ...OUTSIDE, places: [], cosigned: null, witnessed: [] },
    keys: { keys: [{ key: key(ORIGIN, FIRST), first: 0, until: null, since: null }], successions: [] },
    standings: { ...standings({}, { size: 0, position: -1 }), projections: STANDINGS.projections.map((each) => ({ ...each, position: -1 })) },
  },
  late: {
    ...USUAL,
    outside: {
      ...OUTSIDE,
      places: [
        place("folder", FOLDER),
        place("bucket", BUCKET, { size: 940, kept_at: ago(27 * HOUR), waiting_s: 96_300, late: true, problem: "the bucket clinic-checkpoints did not answer: connection refused" }),
        place("witness", PEER_ADDRESS, { size: 1_190, kept_at: ago(9), waiting_s: 242, problem: "the witness did not answer within 5 s" }),
      ],
      cosigned: { size: 1_190, text: checkpoint(1_190, line(ORIGIN, SECOND), line(PEER, WITNESS, ago(9))) },
    },
    health: { ...HEALTH, checkpoint: { size: 1_200, signed_at: ago(4), text: checkpoint(1_200, line(ORIGIN, SECOND)) } },
  },
  contradicted: {
    ...USUAL,
    health: {
      ...HEALTH,
      last_verification: { whole: false, seq: 1_203, size: 1_200, at: ago(2), intact: false, root: null, signatures: null, blobs: null, problems: [`${PEER_ADDRESS}: the witness knows 1,431 records of this log, which has 1,205`] },
      work: { ...HEALTH.work, halted: [{ name: "checkpoints", seq: 1_205, why: "ChainBroken" }] },
    },
    outside: {
      ...OUTSIDE,
      places: [place("folder", FOLDER), place("bucket", BUCKET), place("witness", PEER_ADDRESS, { size: 1_150, kept_at: ago(3 * HOUR), waiting_s: 10_700, late: true, problem: "refused", alarm: "the witness knows 1,431 records of this log, which has 1,205" })],
      witnessed: [{ origin: PEER, size: 88_410, conflicts: 2 }],
    },
  },
  rotating: {
    ...USUAL,
    health: { ...HEALTH, log_key: key(ORIGIN, THIRD), checkpoint: { size: 1_200, signed_at: ago(4), text: checkpoint(1_200, line(ORIGIN, SECOND), line(ORIGIN, THIRD), line(PEER, WITNESS, ago(3.9))) } },
    keys: {
      keys: [...LOG_KEYS.keys.slice(0, 1), { key: key(ORIGIN, SECOND), first: 640, until: 6_100, since: ago(41 * DAY) }, { key: key(ORIGIN, THIRD), first: 1_100, until: null, since: ago(5 * HOUR) }],
      successions: [...LOG_KEYS.successions, statement(SECOND, THIRD, 1_100, 6_100)],
    },
  },
  stalled: {
    ...USUAL,
    standings: standings({ "audit-trail": { position: 1_166, lag_records: 38, lag_seconds: 3_840, stalled_seq: 1_167, stalled_why: "KeyError" }, trace: { position: 1_180, lag_records: 24, lag_seconds: 310 } }, { position: 1_166, lag_records: 38, lag_seconds: 3_840, stalled: true }),
  },
  rebuilding: {
    ...USUAL,
    standings: standings(
      { trace: { rebuild: { applied: 430, total: 1_205, records_per_second: 5.2, seconds_left: 149 } }, inference: { readable: false, rebuild: { applied: 12, total: 1_205, records_per_second: null, seconds_left: null } }, subject: { readable: false } },
      { rebuilding: true },
    ),
  },
  working: {
    ...USUAL,
    health: work({
      position: 1_131, lag: 73,
      halted: [{ name: "workers", seq: 1_132, why: "DigestMismatch" }, { name: "rebuilds", seq: 1_204, why: "ValueError" }],
      set_aside: Array.from({ length: 11 }, (_, at) => ({ seq: 1_020 + at * 7, tries: at % 3 === 0 ? 9 : 0, again_at: ago(-4 - at), why: at % 3 === 0 ? (at === 3 ? "KeyError" : "DepthFailed") : "" })),
    }),
  },
  leaderless: { ...USUAL, health: work({ leader: null, leading_since: null, lag: 4, position: 1_200 }) },
  full: {
    ...USUAL,
    storage: {
      writable: false, low: true,
      places: [
        { name: "database", writable: true, low: false, reason: null, next_step: null, free_bytes: null },
        { name: "data", writable: false, low: true, reason: "the disk is full", next_step: "Make room, or move the folder to a larger disk.", free_bytes: 0 },
        { name: "blobs", writable: true, low: true, reason: null, next_step: null, free_bytes: 1.6e9 },
      ],
    },
  },
  forged: { ...USUAL, health: { ...HEALTH, remembered: { size: 0, at: null, why: "DigestMismatch" } } },
  refused: { ...USUAL, refused: ["outside", "storage"] },
} satisfies Record<string, Scene>;

let shown: Scene = USUAL;

export function scene(): Scene {
  return shown;
}

/** Shows a scene from now on; false if there is none of that name. */
export function choose(name: string): boolean {
  const found = Object.entries(SCENES).find(([known]) => known === name);
  if (found !== undefined) shown = found[1];
  return found !== undefined;
}

/** Verifies the record: what was found before is found again, just now. */
export function verified(): Verification {
  const before = shown.health.last_verification;
  const intact = before?.intact ?? true;
  const found: Verification = { whole: true, seq: 1_205, size: 1_205, at: ago(0), intact, root: intact ? digest("root") : null, signatures: intact ? 214 : null, blobs: intact ? 48 : null, problems: before?.problems ?? [] };
  shown = { ...shown, health: { ...shown.health, size: 1_206, last_verification: found, remembered: intact ? { size: 1_205, at: ago(0), why: "" } : shown.health.remembered } };
  return found;
}
