// Laying a study down: the plan with its limits, before anything is measured.
import { Button, FileInput, Group, Modal, Stack } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { answer, client, writing } from "../../api/client";
import { objectIn } from "../../api/files";
import { useWrite } from "../../api/writes";
import { ProblemNotice } from "../../parts/ProblemNotice";

export function PlanDialog({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [file, setFile] = useState<File | null>(null);
  const send = useWrite(
    async (chosen: File, key) => {
      const plan = await objectIn(chosen, "vultus study plan");
      return answer(client.POST("/studies", { body: { plan }, headers: writing(key) }));
    },
    {
      onDone: ({ study }) => {
        onClose();
        void navigate({ to: "/studies/$study", params: { study } });
      },
    },
  );

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (file !== null) send.mutate(file);
  }

  return (
    <Modal opened onClose={onClose} title="Lay down a plan">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <p>
            <code>vultus study plan</code> prints one to start from. Once it is laid down it stays as it is; somebody
            else approves its limits before anything is measured.
          </p>
          <FileInput label="Plan" name="plan" accept=".json" placeholder="Choose plan.json" value={file} onChange={setFile} />
          {send.error && <ProblemNotice error={send.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={send.isPending} disabled={file === null}>
              Lay down
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
