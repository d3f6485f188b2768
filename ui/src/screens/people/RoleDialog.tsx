// Giving a person a role.
import { Button, Group, Modal, Stack } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { answer, client, writing } from "../../api/client";
import type { PersonDetail, Role } from "../../api/types";
import { useWrite } from "../../api/writes";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { RoleSelect } from "./RoleSelect";

export function RoleDialog({ person, onClose }: { person: PersonDetail; onClose: () => void }) {
  const [role, setRole] = useState<Role | null>(null);
  const give = useWrite(
    (chosen: Role, key) =>
      answer(
        client.POST("/practitioners/{practitioner}/roles", {
          params: { path: { practitioner: person.practitioner } },
          body: { role: chosen, grant: true, reason: "" },
          headers: writing(key),
        }),
      ),
    { onDone: onClose },
  );

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (role !== null) give.mutate(role);
  }

  return (
    <Modal opened onClose={onClose} title={`Give ${person.display_name} a role`}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <RoleSelect label="Role" placeholder="Choose a role" held={person.roles} value={role} onChange={setRole} />
          <p className="quiet">It is in force at once. That you gave it stays in the record.</p>
          {give.error && <ProblemNotice error={give.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={give.isPending} disabled={role === null}>
              Give the role
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
