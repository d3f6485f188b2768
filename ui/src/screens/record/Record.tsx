// The health of the record itself: its size, its root, its signed checkpoints, and who keeps up.
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { answer, client, PREFIX, writing } from "../../api/client";
import * as read from "../../api/queries";
import type { LedgerHealth } from "../../api/types";
import { useWrite } from "../../api/writes";
import { dayAndClock, near } from "../../moments";
import { Digest } from "../../parts/Digest";
import { Facts } from "../../parts/Facts";
import { Glyph } from "../../parts/Glyph";
import { Loaded } from "../../parts/Loaded";
import { Mark } from "../../parts/Mark";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { useMay } from "../../shell/me";
import { count, words } from "../../words";
import { Readers } from "./Readers";
import styles from "./Record.module.css";

const OUTSIDE: globalThis.Record<string, React.ReactNode> = {
  kept: <Mark tone="pass">every checkpoint</Mark>,
  none: <Mark tone="warn">Keep one elsewhere</Mark>,
};

export function Record() {
  const found = useQuery(read.ledgerHealth);
  const may = useMay("ledger.verify");
  const verify = useWrite((_: undefined, key) =>
    answer(client.POST("/ledger/verify", { headers: writing(key) })),
  );
  return (
    <Page
      title="Record"
      lead={<span>One order of facts, chained and signed. Anyone can check it without us.</span>}
      actions={
        may && (
          <Button leftSection={<Glyph name="chain" />} loading={verify.isPending} onClick={() => verify.mutate(undefined)}>
            Verify now
          </Button>
        )
      }
    >
      {verify.error && <ProblemNotice error={verify.error} />}
      <Loaded query={found}>{(health) => <Shown health={health} />}</Loaded>
    </Page>
  );
}

function Shown({ health }: { health: LedgerHealth }) {
  const { checkpoint, last_verification: verified, outside_copies: outside } = health;
  return (
    <>
      <div className={styles.gauges}>
        <Gauge label="Facts recorded" value={health.size.toLocaleString("en-AU")} />
        <Gauge
          label="Last verified"
          value={verified ? near(verified.at) : "never"}
          note={
            verified ? (
              <Mark tone={verified.intact ? "pass" : "fail"}>
                {verified.intact ? `${verified.size.toLocaleString("en-AU")} facts, ${count(verified.signatures ?? 0, "signature")} intact` : count(verified.problems.length, "problem")}
              </Mark>
            ) : (
              <Mark tone="warn">Verify now</Mark>
            )
          }
        />
        <Gauge
          label="Last checkpoint"
          value={checkpoint ? near(checkpoint.signed_at) : "none"}
          note={checkpoint && <Mark tone="pass" glyph="lock">signed at {checkpoint.size.toLocaleString("en-AU")}</Mark>}
        />
        <Gauge
          label="Copy outside"
          value={words(outside)}
          note={OUTSIDE[outside]}
        />
      </div>
      {verified && !verified.intact && (
        <ul className={styles.problems} role="alert">
          {verified.problems.map((problem) => (
            <li key={problem}>
              <Glyph name="fail" /> {problem}
            </li>
          ))}
        </ul>
      )}
      <div className={styles.columns}>
        <Readers projections={health.projections} size={health.size} />
        <div className={styles.column}>
          <Panel title="Root of the tree">
            <Digest value={health.root} whole />
          </Panel>
          {checkpoint && (
            <Panel title="Checkpoint" aside={dayAndClock(checkpoint.signed_at)}>
              <pre className={styles.note}>{checkpoint.text}</pre>
              <p className={styles.take}>
                <a href={`${PREFIX}/ledger/checkpoint`} download="checkpoint.txt">
                  Take the checkpoint
                </a>
                <a href={`${PREFIX}/ledger/log-key`} download="log-key.txt">
                  Take the log’s key
                </a>
              </p>
            </Panel>
          )}
          <Panel title="How to check it yourself">
            <Facts
              items={[
                ["Log key", <code className={styles.key}>{health.log_key}</code>],
                ["Offline", "Take an evidence bundle from a report and run vultus-verify on it, on a computer that never saw us."],
              ]}
            />
          </Panel>
        </div>
      </div>
    </>
  );
}

function Gauge({ label, value, note }: { label: string; value: string; note?: React.ReactNode }) {
  return (
    <div className={styles.gauge}>
      <span className="label">{label}</span>
      <strong>{value}</strong>
      {note}
    </div>
  );
}
