// The health of the record itself: what was signed, who keeps it elsewhere, and who keeps up.
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { answer, client, writing } from "../../api/client";
import * as read from "../../api/queries";
import type { LedgerHealth } from "../../api/types";
import { useWrite } from "../../api/writes";
import { Glyph } from "../../parts/Glyph";
import { Loaded } from "../../parts/Loaded";
import { Page } from "../../parts/Page";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { useMay } from "../../shell/me";
import { count } from "../../words";
import { Attention } from "./Attention";
import { matters } from "./matters";
import { Checkpoint } from "./Checkpoint";
import { Gauges } from "./Gauges";
import { LogKeys } from "./LogKeys";
import { signaturesOf } from "./notes";
import { OutsidePlaces } from "./OutsidePlaces";
import { Part } from "./Part";
import styles from "./Record.module.css";
import { Screens } from "./Screens";
import { StoragePlaces } from "./StoragePlaces";
import { Verified } from "./Verified";
import { Witnessed } from "./Witnessed";
import { Workers } from "./Workers";

const TICK_MS = 15_000;

export function Record() {
  const health = useQuery(read.ledgerHealth);
  const may = useMay("ledger.verify");
  const verify = useWrite((_: undefined, key) =>
    answer(client.POST("/ledger/verify", { headers: writing(key) })),
  );
  const found = verify.data;
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
      <p role="status" className="visually-hidden">
        {found && (found.intact ? "Verified just now: intact" : `Verified just now: ${count(found.problems.length, "problem")}`)}
      </p>
      <Loaded query={health}>
        {(shown) => <Shown health={shown} running={verify.isPending} healthQuery={health} />}
      </Loaded>
    </Page>
  );
}

interface ShownProps {
  health: LedgerHealth;
  running: boolean;
  healthQuery: { data: LedgerHealth | undefined; error: Error | null; refetch: () => unknown };
}

function Shown({ health, running, healthQuery }: ShownProps) {
  const now = useNow();
  const [outside, keys, standings, storage] = [
    useQuery(read.outside),
    useQuery(read.logKeys),
    useQuery(read.standings),
    useQuery(read.storage),
  ];
  const all = [outside, keys, standings, storage];
  const newest = health.checkpoint?.size ?? 0;
  const signers = signaturesOf(health.checkpoint?.text ?? "").map(({ keyId }) => keyId);
  return (
    <>
      <Attention
        found={matters({ health, outside: outside.data, standings: standings.data, storage: storage.data })}
        whole={[healthQuery, ...all].every(({ data, error }) => data !== undefined && error === null)}
        missing={all.some(({ error }) => error !== null)}
      />
      <Gauges health={health} outside={outside.data} standings={standings.data} now={now} />
      <div className={styles.columns}>
        <div className={styles.column}>
          <Part id="outside" title="Checkpoints kept elsewhere" query={outside} flush>
            {(data) => <OutsidePlaces outside={data} newest={newest} now={now} />}
          </Part>
          <Part id="screens" title="Projections" query={standings} flush aside={({ projections }) => upToDate(projections)}>
            {({ projections, size }) => <Screens projections={projections} size={size} />}
          </Part>
          <Part id="workers" title="Workers" query={healthQuery} flush>
            {({ work }) => <Workers work={work} now={now} />}
          </Part>
          <div className={styles.pair}>
            <Part id="storage" title="Storage" query={storage} flush>
              {({ places }) => <StoragePlaces places={places} />}
            </Part>
            <Part id="witness" title="As a witness of others" query={outside}>
              {(data) => <Witnessed outside={data} />}
            </Part>
          </div>
        </div>
        <div className={styles.side}>
          <Part id="verification" title="Last verification" query={healthQuery}>
            {(data) => <Verified health={data} running={running} now={now} />}
          </Part>
          <Part id="checkpoint" title="Newest checkpoint" query={healthQuery}>
            {(data) => <Checkpoint health={data} />}
          </Part>
          <Part title="Keys of the log" query={keys} aside={(data) => count(data.keys.length, "key")}>
            {(data) => <LogKeys keys={data} size={health.size} signers={signers} />}
          </Part>
        </div>
      </div>
    </>
  );
}

function upToDate(projections: { lag_records: number; stalled_seq: number | null }[]): string {
  const behind = projections.filter((each) => each.lag_records > 0 || each.stalled_seq !== null).length;
  return behind === 0 ? "all up to date" : `${behind} behind`;
}

/** The time, as far as it matters for what is said to be some minutes ago. */
function useNow(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const ticking = setInterval(() => setNow(new Date()), TICK_MS);
    return () => clearInterval(ticking);
  }, []);
  return now;
}
