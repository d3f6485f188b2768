// What somebody has to do something about, gathered from everything the screen reads.
import type { LedgerHealth, Outside, Standings, Storage } from "../../api/types";
import { duration } from "../../moments";
import { bytesText } from "../../quantities";
import { count, words } from "../../words";
import { afterHalt, afterStall, VERIFY_AGAINST } from "./advice";

export interface Read {
  health?: LedgerHealth;
  outside?: Outside;
  standings?: Standings;
  storage?: Storage;
}

export interface Matter {
  tone: "fail" | "warn";
  title: string;
  detail?: string;
  next: string;
  /** The part of the screen that says more. */
  part: PartId;
}

export type PartId = "verification" | "checkpoint" | "outside" | "witness" | "workers" | "screens" | "storage";

/** Behind by more than this, nobody waits patiently any more. */
const LONG_BEHIND_S = 60;

/** Everything that needs somebody, what is worst first. */
export function matters(read: Read): Matter[] {
  const found = [
    ...ofHealth(read.health),
    ...ofOutside(read.outside),
    ...ofStandings(read.standings),
    ...ofStorage(read.storage),
  ];
  return [...found.filter(({ tone }) => tone === "fail"), ...found.filter(({ tone }) => tone === "warn")];
}

function ofHealth(health: LedgerHealth | undefined): Matter[] {
  if (health === undefined) return [];
  const { last_verification: verified, remembered, work } = health;
  const found: Matter[] = [];
  if (verified !== null && !verified.intact) {
    found.push({
      tone: "fail",
      part: "verification",
      title: "Something is not as it was recorded",
      detail: `${count(verified.problems.length, "problem")} found`,
      next: `Keep database and disks as they are, and compare with a checkpoint kept elsewhere: ${VERIFY_AGAINST}.`,
    });
  }
  if (verified === null && health.size > 0) {
    found.push({
      tone: "warn",
      part: "verification",
      title: "This record was never verified",
      next: "Verify it now; it goes on working meanwhile.",
    });
  }
  if (remembered !== null && remembered.why !== "") {
    const forged = remembered.why === "DigestMismatch";
    found.push({
      tone: forged ? "fail" : "warn",
      part: "verification",
      title: forged ? "What was remembered of verifications was changed by somebody else" : "What was remembered of verifications cannot be read",
      detail: remembered.why,
      next: "Verify now: everything is looked at, and it is written again.",
    });
  }
  for (const { name, seq, why } of work.halted) {
    found.push({
      tone: "fail",
      part: "workers",
      title: `${words(name)} ended at record ${seq.toLocaleString("en-AU")}`,
      detail: why,
      next: afterHalt(name, why),
    });
  }
  if (work.leader === null) {
    found.push({
      tone: "warn",
      part: "workers",
      title: "Nobody runs the workers",
      next: "Another server takes over within seconds. If this stays, start one: ./vultus serve, or ./vultus work.",
    });
  }
  const failed = work.set_aside.filter(({ why }) => why !== "");
  if (failed.length > 0) {
    found.push({
      tone: "warn",
      part: "workers",
      title: `${count(work.set_aside.length, "record")} set aside`,
      detail: [...new Set(failed.map(({ why }) => why))].join(", "),
      next: "They are tried again by themselves. If one stays for an hour, pass its position and kind on.",
    });
  }
  if (health.checkpoint === null && health.size > 0) {
    found.push({
      tone: "warn",
      part: "checkpoint",
      title: "Nothing was signed for yet",
      next: "The first checkpoint comes within seconds of a server that leads.",
    });
  }
  return found;
}

function ofOutside(outside: Outside | undefined): Matter[] {
  if (outside === undefined) return [];
  const found: Matter[] = [];
  for (const { place, alarm, late, waiting_s, problem } of outside.places) {
    if (alarm !== "") {
      found.push({
        tone: "fail",
        part: "outside",
        title: `${place} contradicts this record`,
        detail: alarm,
        next: `Two histories exist. Change nothing here or there, take the checkpoint of that place, and compare: ${VERIFY_AGAINST}.`,
      });
    } else if (late) {
      found.push({
        tone: "warn",
        part: "outside",
        title: `${place} is late: a checkpoint waits for ${duration(waiting_s)}`,
        detail: problem,
        next: "Make it reachable and writable again; what it lacks is brought there by itself.",
      });
    }
  }
  if (outside.places.length === 0) {
    found.push({
      tone: "warn",
      part: "outside",
      title: "No checkpoint is kept elsewhere",
      next: "Name a folder, a bucket or a witness out of reach of whoever holds the database: VULTUS_CHECKPOINT_COPIES.",
    });
  }
  for (const { origin, conflicts } of outside.witnessed.filter((each) => each.conflicts > 0)) {
    found.push({
      tone: "fail",
      part: "witness",
      title: `${origin} contradicts itself`,
      detail: `${count(conflicts, "checkpoint")} refused and kept as evidence`,
      next: "Tell whoever runs that log, by another way than that log’s own server.",
    });
  }
  return found;
}

function ofStandings(standings: Standings | undefined): Matter[] {
  return (standings?.projections ?? []).flatMap((each): Matter[] => {
    if (each.stalled_seq !== null) {
      return [
        {
          tone: "fail",
          part: "screens",
          title: `${words(each.name)} stands still at record ${each.stalled_seq.toLocaleString("en-AU")}`,
          detail: each.stalled_why ?? undefined,
          next: afterStall(each.stalled_why),
        },
      ];
    }
    if (each.rebuild !== null || (each.lag_seconds ?? 0) < LONG_BEHIND_S) return [];
    return [
      {
        tone: "warn",
        part: "screens",
        title: `${words(each.name)} is ${duration(each.lag_seconds ?? 0)} behind`,
        next: "It catches up by itself while a server leads. If it grows, look at the load of the database.",
      },
    ];
  });
}

function ofStorage(storage: Storage | undefined): Matter[] {
  return (storage?.places ?? []).flatMap((each): Matter[] => {
    if (!each.writable) {
      return [
        {
          tone: "fail",
          part: "storage",
          title: `Nothing can be recorded: ${words(each.name)}`,
          detail: each.reason ?? undefined,
          next: each.next_step ?? "Look at the disk.",
        },
      ];
    }
    if (!each.low || each.free_bytes === null) return [];
    return [
      {
        tone: "warn",
        part: "storage",
        title: `Only ${bytesText(each.free_bytes)} left for ${words(each.name).toLowerCase()}`,
        next: "Make room before it is full: then nothing can be recorded.",
      },
    ];
  });
}
