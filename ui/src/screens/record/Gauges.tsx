// The record at a glance: six readings, each with its verdict.
import type { ReactNode } from "react";
import { near } from "../../moments";
import { shortDigest } from "../../parts/Digest";
import { Mark } from "../../parts/Mark";
import { count, number } from "../../words";
import type { LedgerHealth, Outside, Standings } from "../../api/types";
import type { Read } from "./matters";
import styles from "./Gauges.module.css";

export function Gauges({ health, outside, standings, now }: Read & { health: LedgerHealth; now: Date }) {
  const { checkpoint, last_verification: verified, work } = health;
  return (
    <dl className={styles.gauges}>
      <Gauge label="Facts recorded" value={number(health.size)}>
        <span className={styles.root} title={health.root}>
          root {shortDigest(health.root)}
        </span>
      </Gauge>
      <Gauge label="Last verified" value={verified === null ? "never" : near(verified.at, now)}>
        {verified === null ? (
          <Mark tone="warn">not yet</Mark>
        ) : verified.intact ? (
          <Mark tone="pass">{number(verified.size)} intact</Mark>
        ) : (
          <Mark tone="fail">{count(verified.problems.length, "problem")}</Mark>
        )}
      </Gauge>
      <Gauge label="Last checkpoint" value={checkpoint === null ? "none" : near(checkpoint.signed_at, now)}>
        {checkpoint === null ? (
          <Mark tone={health.size > 0 ? "warn" : "plain"}>nothing signed</Mark>
        ) : (
          <Mark tone="pass" glyph="lock">
            signed at {number(checkpoint.size)}
          </Mark>
        )}
      </Gauge>
      <Gauge {...outsideReading(outside, checkpoint?.size ?? 0)} label="Kept elsewhere" />
      <Gauge label="Workers" value={work.lag === 0 ? "up to date" : `${number(work.lag)} behind`}>
        {work.halted.length > 0 ? (
          <Mark tone="fail">{work.halted.length} ended</Mark>
        ) : work.leader === null ? (
          <Mark tone="warn">nobody leads</Mark>
        ) : work.set_aside.length > 0 ? (
          <Mark tone="warn">{work.set_aside.length} set aside</Mark>
        ) : (
          <Mark tone="pass">led</Mark>
        )}
      </Gauge>
      <Gauge {...screensReading(standings)} label="Screens" />
    </dl>
  );
}

interface Reading {
  value: string;
  children?: ReactNode;
}

const UNKNOWN: Reading = { value: "\u2013" };

function outsideReading(outside: Outside | undefined, newest: number): Reading {
  if (outside === undefined) return UNKNOWN;
  const { places } = outside;
  if (places.length === 0) return { value: "nowhere", children: <Mark tone="warn">keep one elsewhere</Mark> };
  const value = `${places.filter(({ size }) => size >= newest).length} of ${places.length}`;
  const contradicted = places.filter(({ alarm }) => alarm !== "").length;
  const late = places.filter((each) => each.late).length;
  if (contradicted > 0) return { value, children: <Mark tone="fail">{contradicted} contradicted</Mark> };
  if (late > 0) return { value, children: <Mark tone="warn">{late} late</Mark> };
  const current = places.every(({ size }) => size >= newest);
  return { value, children: current ? <Mark tone="pass">have the newest</Mark> : <Mark tone="wait">on the way</Mark> };
}

function screensReading(standings: Standings | undefined): Reading {
  if (standings === undefined) return UNKNOWN;
  const { lag_records, projections, rebuilding } = standings;
  const stalled = projections.filter((each) => each.stalled_seq !== null).length;
  const value = lag_records === 0 ? "up to date" : `${number(lag_records)} behind`;
  if (stalled > 0) return { value, children: <Mark tone="fail">{stalled} stopped</Mark> };
  if (rebuilding) return { value: `${rebuiltShare(projections)} %`, children: <Mark tone="wait">being rebuilt</Mark> };
  if (lag_records > 0) return { value, children: <Mark tone="wait">catching up</Mark> };
  return { value, children: <Mark tone="pass">all {projections.length}</Mark> };
}

/** How far all rebuilds together are, in per cent. */
function rebuiltShare(projections: Standings["projections"]): number {
  const rebuilds = projections.flatMap(({ rebuild }) => (rebuild === null ? [] : [rebuild]));
  const total = rebuilds.reduce((sum, each) => sum + each.total, 0);
  return Math.floor((100 * rebuilds.reduce((sum, each) => sum + each.applied, 0)) / Math.max(1, total));
}

function Gauge({ label, value, children }: Reading & { label: string }) {
  return (
    <div className={styles.gauge}>
      <dt className="label">{label}</dt>
      <dd className={styles.value}>{value}</dd>
      {children !== undefined && <dd className={styles.verdict}>{children}</dd>}
    </div>
  );
}
