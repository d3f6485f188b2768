// Handing in what came of a study under its approved limits, whichever it is.
import { Button, FileInput, Group, Modal, Stack } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { objectIn, sendForm } from "../../api/files";
import { unreadable } from "../../api/problem";
import type { StudyDetail } from "../../api/types";
import { useWrite } from "../../api/writes";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { useMay } from "../../shell/me";

const MADE_BY = "vultus study run";

export function HandIn({ study }: { study: StudyDetail }) {
  const may = useMay("studies.run");
  const [asking, setAsking] = useState(false);
  if (!may || study.state !== "approved") return null;
  return (
    <>
      <Button onClick={() => setAsking(true)}>Hand in a result</Button>
      {asking && <Dialog study={study} onClose={() => setAsking(false)} />}
    </>
  );
}

interface Files {
  result: File;
  cases: File;
  document: File;
}

function Dialog({ study, onClose }: { study: StudyDetail; onClose: () => void }) {
  const [chosen, setChosen] = useState<Partial<Files>>({});
  const { result, cases, document } = chosen;
  const send = useWrite(
    async (files: Files, key) => {
      // The result names the cases it was worked out from; the service holds them against it.
      const { data } = await objectIn(files.result, MADE_BY);
      if (typeof data !== "string") throw unreadable(files.result.name, MADE_BY);
      return sendForm(`/studies/${study.study}/result`, { ...files, data }, key);
    },
    { onDone: onClose },
  );
  const file = (name: keyof Files, label: string, shown: string, accept: string) => (
    <FileInput
      label={label}
      name={name}
      accept={accept}
      placeholder={`Choose ${shown}`}
      value={chosen[name] ?? null}
      onChange={(found) => setChosen({ ...chosen, [name]: found ?? undefined })}
    />
  );

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (result && cases && document) send.mutate({ result, cases, document });
  }

  return (
    <Modal opened onClose={onClose} title={`Hand in a result: ${study.name} ${study.version}`}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <p>
            <code>{MADE_BY}</code> writes three files into its folder. The service works every figure out of the cases
            again; a result with other figures is refused, and that is recorded. What follows from the cases is recorded
            once and stays, whether the limits were met or not; somebody else confirms it.
          </p>
          {file("result", "Result", "result.json", ".json")}
          {file("cases", "Cases", "cases.json", ".json")}
          {file("document", "Report", "report.pdf", ".pdf")}
          {send.error && <ProblemNotice error={send.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={send.isPending} disabled={!result || !cases || !document}>
              Hand in
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
