// What a second person can do about a study: approve its limits before, confirm its result after.
import { Button, Modal, Stack } from "@mantine/core";
import { useState } from "react";
import { answer, client, writing } from "../../api/client";
import type { StudyDetail } from "../../api/types";
import { SigningForm } from "../../parts/SigningForm";
import { useMay, useMe } from "../../shell/me";
import { Limits } from "./Limits";

export function Signing({ study }: { study: StudyDetail }) {
  const may = useMay("studies.approve");
  const [asking, setAsking] = useState(false);
  const step = stepOf(study);
  if (!may || step === null) return null;
  return (
    <>
      <Button onClick={() => setAsking(true)}>{step.verb}</Button>
      {asking && <Dialog study={study} step={step} onClose={() => setAsking(false)} />}
    </>
  );
}

interface Step {
  verb: string;
  word: "approve" | "confirm";
  digest: string;
  explains: string;
}

function stepOf({ state, plan_digest, result_digest }: StudyDetail): Step | null {
  if (state === "planned") {
    return {
      verb: "Approve the limits",
      word: "approve",
      digest: plan_digest,
      explains: "From then on the study may be run, and its limits stand. You may not approve a plan of your own.",
    };
  }
  if (state === "completed" && result_digest !== null) {
    return {
      verb: "Confirm the result",
      word: "confirm",
      digest: result_digest,
      explains: "You take responsibility for the result, whichever it is. You may not confirm a run of your own.",
    };
  }
  return null;
}

function Dialog({ study, step, onClose }: { study: StudyDetail; step: Step; onClose: () => void }) {
  const me = useMe();
  const params = { path: { study: study.study } };
  return (
    <Modal opened onClose={onClose} title={`${step.verb}: ${study.name} ${study.version}`} size="xl">
      <Stack gap="sm">
        <p>{step.explains}</p>
        <Limits study={study} />
        <SigningForm
          digest={step.digest}
          signer={me.display_name}
          verb={step.verb}
          sign={({ reauthentication, digest }, key) => {
            const sent = { params, body: { reauthentication, digest }, headers: writing(key) };
            return answer(
              step.word === "approve"
                ? client.POST("/studies/{study}/approve", sent)
                : client.POST("/studies/{study}/confirm", sent),
            );
          }}
          onDone={onClose}
        />
      </Stack>
    </Modal>
  );
}
