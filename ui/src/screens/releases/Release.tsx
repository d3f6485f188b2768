// One model: its state, what it may be run on, and what a quality manager can do about it.
import { Button, Modal, Select, Stack } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { answer, client, writing } from "../../api/client";
import type { Model } from "../../api/types";
import { useWrite } from "../../api/writes";
import { dayAndClock } from "../../moments";
import { Digest } from "../../parts/Digest";
import { Facts } from "../../parts/Facts";
import { Mark, type Tone } from "../../parts/Mark";
import { Panel } from "../../parts/Panel";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { SigningForm } from "../../parts/SigningForm";
import { useMay, useMe } from "../../shell/me";
import { Acceptance } from "./Acceptance";
import styles from "./Releases.module.css";
import { Shadow } from "./Shadow";

const STATES: Record<Model["state"], { tone: Tone; text: string }> = {
  registered: { tone: "warn", text: "Awaits approval" },
  shadow: { tone: "plain", text: "In the shadow, shown to nobody" },
  approved: { tone: "pass", text: "Approved, in use" },
  suspended: { tone: "fail", text: "Suspended" },
};

interface Props {
  release: Model;
  all: readonly Model[];
}

export function Release({ release, all }: Props) {
  const mayApprove = useMay("models.approve");
  const [asked, setAsked] = useState<"approve" | "shadow" | "suspend" | null>(null);
  const { manifest } = release;
  const state = STATES[release.state];
  const waits = release.state === "registered" || release.state === "shadow";
  const beside = all.find((each) => each.release === release.shadow_of);
  const close = () => setAsked(null);
  return (
    <Panel title={`${release.name} ${release.version}`} aside={<Mark tone={state.tone}>{state.text}</Mark>}>
      <Facts
        items={[
          ["For", manifest.intended_use],
          ["Run on", manifest.input_domain],
          ["Cannot say", lines(manifest.limitations)],
          ["Not for", lines(manifest.contraindications)],
          ["Training data", manifest.training_data],
          ["Licence", manifest.licence],
          ["Model", <Digest value={manifest.model.digest} />],
          ["Registered by", release.registered_by],
          ["Approved", release.approved_at === null ? null : `${release.approved_by ?? ""}, ${dayAndClock(release.approved_at)}`],
          ["Beside", beside === undefined ? null : `${beside.name} ${beside.version}`],
          ["Suspended because", release.suspended_because],
        ]}
      />
      <Acceptance release={release.release} />
      {release.shadow_of !== null && <Shadow release={release.release} />}
      {mayApprove && release.state !== "suspended" && (
        <div className={styles.actions}>
          {waits && <Button onClick={() => setAsked("approve")}>Approve</Button>}
          {waits && (
            <Button variant="default" onClick={() => setAsked("shadow")}>
              Compare in the shadow
            </Button>
          )}
          <Button variant="default" onClick={() => setAsked("suspend")}>
            Suspend
          </Button>
        </div>
      )}
      {asked === "approve" && <ApproveDialog release={release} onClose={close} />}
      {asked === "shadow" && <ShadowDialog release={release} all={all} onClose={close} />}
      <ReasonDialog
        title={`Suspend ${release.name} ${release.version}`}
        verb="Suspend"
        danger
        opened={asked === "suspend"}
        onClose={close}
        send={(reason, key) =>
          answer(
            client.POST("/model-releases/{release}/suspend", {
              params: { path: { release: release.release } },
              body: { reason },
              headers: writing(key),
            }),
          )
        }
      >
        <p>It does not run again, and every report that rests on it is flagged.</p>
      </ReasonDialog>
    </Panel>
  );
}

function lines(words: readonly string[]): ReactNode {
  return words.map((each) => <div key={each}>{each}</div>);
}

function ApproveDialog({ release, onClose }: { release: Model; onClose: () => void }) {
  const me = useMe();
  return (
    <Modal opened onClose={onClose} title={`Approve ${release.name} ${release.version}`}>
      <Stack gap="sm">
        <p>
          From now on it runs on every accepted capture of whoever agrees to analysis. You may not
          approve a model that you registered yourself.
        </p>
        <p>{release.manifest.validation}</p>
        <SigningForm
          digest={release.manifest.manifest_digest}
          signer={me.display_name}
          verb="Approve"
          sign={({ reauthentication, digest }, key) =>
            answer(
              client.POST("/model-releases/{release}/approve", {
                params: { path: { release: release.release } },
                body: { reauthentication, digest },
                headers: writing(key),
              }),
            )
          }
          onDone={onClose}
        />
      </Stack>
    </Modal>
  );
}

function ShadowDialog({ release, all, onClose }: Props & { onClose: () => void }) {
  const outputs = [...release.manifest.outputs].sort().join();
  const lit = all.filter(
    (each) => each.state === "approved" && [...each.manifest.outputs].sort().join() === outputs,
  );
  const [beside, setBeside] = useState<string | null>(lit[0]?.release ?? null);
  const write = useWrite(
    (chosen: string, key) =>
      answer(
        client.POST("/model-releases/{release}/shadow", {
          params: { path: { release: release.release } },
          body: { beside: chosen },
          headers: writing(key),
        }),
      ),
    { onDone: onClose },
  );
  return (
    <Modal opened onClose={onClose} title="Compare in the shadow">
      <Stack gap="sm">
        <p>
          It is given the same captures as the release in use. Only how the results differ is
          recorded, and nobody is shown them as findings.
        </p>
        <Select
          label="Beside"
          placeholder="No release in use gives out the same"
          data={lit.map((each) => ({ value: each.release, label: `${each.name} ${each.version}` }))}
          value={beside}
          onChange={setBeside}
        />
        {write.error && <ProblemNotice error={write.error} />}
        <Button disabled={beside === null} loading={write.isPending} onClick={() => beside !== null && write.mutate(beside)}>
          Compare
        </Button>
      </Stack>
    </Modal>
  );
}
