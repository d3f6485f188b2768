// Asks why before something is changed that cannot be taken back silently.
import { Button, Group, Modal, Stack, Textarea } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import type { Recorded } from "../api/types";
import { useWrite } from "../api/writes";
import { ProblemNotice } from "./ProblemNotice";

interface Props {
  title: string;
  verb: string;
  label?: string;
  children?: ReactNode;
  danger?: boolean;
  opened: boolean;
  onClose: () => void;
  send: (reason: string, key: string) => Promise<Recorded>;
}

export function ReasonDialog(props: Props) {
  const { title, verb, label = "Reason", children, danger = false, opened, onClose, send } = props;
  const [reason, setReason] = useState("");
  const write = useWrite(send, {
    onDone: () => {
      setReason("");
      onClose();
    },
  });

  function submit(event: FormEvent): void {
    event.preventDefault();
    write.mutate(reason.trim());
  }

  return (
    <Modal opened={opened} onClose={onClose} title={title}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          {children}
          <Textarea
            label={label}
            description="It stays in the record with your name."
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            autosize
            minRows={2}
            data-autofocus
          />
          {write.error && <ProblemNotice error={write.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button
              type="submit"
              color={danger ? "red" : undefined}
              loading={write.isPending}
              disabled={reason.trim() === ""}
            >
              {verb}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
