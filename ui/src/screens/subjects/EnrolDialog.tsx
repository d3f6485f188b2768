// Enrolling: identity goes into the encrypted part of the record, a pseudonym everywhere else.
import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { answer, client, writing } from "../../api/client";
import { useWrite } from "../../api/writes";
import { ProblemNotice } from "../../parts/ProblemNotice";

const NOBODY = { given_name: "", family_name: "", date_of_birth: "", clinic_number: "" };

export function EnrolDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const navigate = useNavigate();
  const [typed, setTyped] = useState(NOBODY);
  const enrol = useWrite(
    (input: typeof NOBODY, key) =>
      answer(client.POST("/subjects", { body: input, headers: writing(key) })),
    {
      onDone: ({ subject }) => {
        setTyped(NOBODY);
        onClose();
        void navigate({ to: "/subjects/$subject", params: { subject } });
      },
    },
  );
  const field = (name: keyof typeof NOBODY) => ({
    value: typed[name],
    onChange: (event: { currentTarget: { value: string } }) =>
      setTyped({ ...typed, [name]: event.currentTarget.value }),
  });

  function submit(event: FormEvent): void {
    event.preventDefault();
    enrol.mutate(typed);
  }

  return (
    <Modal opened={opened} onClose={onClose} title="Enrol a subject">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Group grow>
            <TextInput label="Given name" required withAsterisk={false} data-autofocus {...field("given_name")} />
            <TextInput label="Family name" required withAsterisk={false} {...field("family_name")} />
          </Group>
          <Group grow>
            <TextInput label="Date of birth" type="date" required withAsterisk={false} {...field("date_of_birth")} />
            <TextInput label="Clinic number" required withAsterisk={false} {...field("clinic_number")} />
          </Group>
          <p className="quiet">
            A pseudonym is chosen for you and used on every screen and report. Erasing the subject
            later destroys the key to what you type here.
          </p>
          {enrol.error && <ProblemNotice error={enrol.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={enrol.isPending}>
              Enrol
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
