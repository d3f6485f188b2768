// What can be done with a session: import a photograph, close it, or give it up.
import { Button, FileInput, Group, Modal, Select, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { answer, client, sendRaw, writing } from "../../api/client";
import type { Recorded, Session } from "../../api/types";
import { useWrite } from "../../api/writes";
import { Glyph } from "../../parts/Glyph";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { useMay } from "../../shell/me";
import { words } from "../../words";

export function SessionActions({ detail }: { detail: Session }) {
  const operate = useMay("sessions.operate");
  const [open, setOpen] = useState<"import" | "close" | "abandon" | null>(null);
  const path = { params: { path: { session: detail.session } } };
  const missing = detail.views.filter((view) => !view.accepted);
  if (!operate || detail.state !== "open") return null;
  return (
    <>
      <Button variant="default" leftSection={<Glyph name="imported" />} onClick={() => setOpen("import")}>
        Import a photograph
      </Button>
      <Button variant="default" onClick={() => setOpen("abandon")}>
        Give up
      </Button>
      <Button onClick={() => setOpen("close")}>Close the session</Button>
      <ImportDialog detail={detail} opened={open === "import"} onClose={() => setOpen(null)} />
      <CloseDialog detail={detail} missing={missing.map((view) => view.view)} opened={open === "close"} onClose={() => setOpen(null)} />
      <ReasonDialog
        title="Give up this session"
        verb="Give up"
        danger
        opened={open === "abandon"}
        onClose={() => setOpen(null)}
        send={(reason, key) =>
          answer(client.POST("/capture-sessions/{session}/abandon", { ...path, body: { reason }, headers: writing(key, detail.version) }))
        }
      >
        <p>Attempts made so far stay in the record as evidence; nothing is analysed.</p>
      </ReasonDialog>
    </>
  );
}

interface DialogProps {
  detail: Session;
  opened: boolean;
  onClose: () => void;
}

function CloseDialog({ detail, missing, opened, onClose }: DialogProps & { missing: readonly string[] }) {
  const close = useWrite(
    (_: undefined, key) =>
      answer(
        client.POST("/capture-sessions/{session}/close", {
          params: { path: { session: detail.session } },
          headers: writing(key, detail.version),
        }),
      ),
    { onDone: onClose },
  );
  const accepted = detail.attempts.filter((attempt) => attempt.state === "accepted").length;
  const rejected = detail.attempts.filter((attempt) => attempt.state === "rejected").length;
  return (
    <Modal opened={opened} onClose={onClose} title="Close the session">
      <Stack gap="sm">
        <p>
          {accepted} accepted and {rejected} rejected attempts. After closing, the accepted ones are
          analysed and laid before the practitioner.
        </p>
        {missing.length > 0 && (
          <p>
            <strong>Without an accepted attempt:</strong> {missing.map(words).join(", ")}.
          </p>
        )}
        {close.error && <ProblemNotice error={close.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Go on capturing
          </Button>
          <Button loading={close.isPending} onClick={() => close.mutate(undefined)}>
            Close the session
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function ImportDialog({ detail, opened, onClose }: DialogProps) {
  const [file, setFile] = useState<File | null>(null);
  const [view, setView] = useState<string | null>(detail.views[0]?.view ?? null);
  const [source, setSource] = useState("");
  const send = useWrite(
    async (_: undefined, key) => {
      const body = new FormData();
      body.append("view", view ?? "");
      body.append("source", source);
      if (file !== null) body.append("file", file);
      const sent = await sendRaw(`/capture-sessions/${detail.session}/photographs`, {
        method: "POST",
        body,
        headers: writing(key, detail.version),
      });
      return (await sent.json()) as Recorded;
    },
    { onDone: onClose },
  );

  function submit(event: FormEvent): void {
    event.preventDefault();
    send.mutate(undefined);
  }

  return (
    <Modal opened={opened} onClose={onClose} title="Import a photograph">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <p>It stays marked as uncalibrated for ever; no depth or volume comes from it.</p>
          <FileInput label="Photograph" accept="image/jpeg,image/png" placeholder="JPEG or PNG" value={file} onChange={setFile} />
          <Select label="View" data={detail.views.map((each) => ({ value: each.view, label: words(each.view) }))} value={view} onChange={setView} />
          <TextInput
            label="Where it comes from"
            placeholder="Taken at the clinic with a hand camera"
            value={source}
            onChange={(event) => setSource(event.currentTarget.value)}
          />
          {send.error && <ProblemNotice error={send.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={send.isPending} disabled={file === null || source.trim() === "" || view === null}>
              Import
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
