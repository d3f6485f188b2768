// Registering a person: who they are, what they may do, and what they need to come in.
import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useRef, useState } from "react";
import { answer, client, writing } from "../../api/client";
import { isProblem, type ProblemError } from "../../api/problem";
import { requestKey } from "../../api/requestKey";
import type { Role } from "../../api/types";
import { useWrite } from "../../api/writes";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { HandOver, type Handed, KEPT_OPEN } from "./HandOver";
import { RoleSelect } from "./RoleSelect";
import { issuedPassword } from "./secrets";

const NOBODY = { display_name: "", profession: "", registration: "", account: "" };
const LEAST_ACCOUNT = 3;

export function RegisterDialog({ onClose }: { onClose: () => void }) {
  const [typed, setTyped] = useState(NOBODY);
  const [role, setRole] = useState<Role | null>(null);
  const [handed, setHanded] = useState<Handed | null>(null);
  const [refused, setRefused] = useState<ProblemError | null>(null);
  const password = useRef<string>(null);
  // Secrets go to this dialog and not through the request's state, which is kept for a while.
  const register = useWrite(async (_: undefined, key) => {
    password.current ??= issuedPassword();
    const made = await answer(
      client.POST("/practitioners", { body: { ...typed, password: password.current }, headers: writing(key) }),
    );
    setHanded({ name: typed.display_name, account: typed.account, password: password.current, address: made.one_time_password });
    return { seq: await given(made.practitioner, made.seq) };
  });

  /** Gives the first role; that the person is registered stands, whatever becomes of it. */
  async function given(practitioner: string, registered: number): Promise<number> {
    if (role === null) return registered;
    try {
      const path = { params: { path: { practitioner } } };
      const body = { role, grant: true, reason: "" };
      const sent = { ...path, body, headers: writing(requestKey()) };
      return (await answer(client.POST("/practitioners/{practitioner}/roles", sent))).seq;
    } catch (error) {
      if (!isProblem(error)) throw error;
      setRefused(error);
      return registered;
    }
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    register.mutate(undefined);
  }

  const field = (name: keyof typeof NOBODY) => ({
    value: typed[name],
    withAsterisk: false,
    onChange: (event: { currentTarget: { value: string } }) =>
      setTyped({ ...typed, [name]: event.currentTarget.value }),
  });
  const named = typed.display_name.trim() !== "" && typed.profession.trim() !== "";

  return (
    <Modal opened onClose={onClose} title={handed ? `${handed.name} is registered` : "Register a person"} size="lg" {...(handed && KEPT_OPEN)}>
      {handed ? (
        <HandOver handed={handed} onClose={onClose}>
          {refused && (
            <ProblemNotice error={refused}>
              <p>The role was not given. Give it on {handed.name}’s page.</p>
            </ProblemNotice>
          )}
        </HandOver>
      ) : (
        <form onSubmit={submit} autoComplete="off">
          <Stack gap="sm">
            <Group grow align="flex-start">
              <TextInput label="Name" description="As on screens and reports" maxLength={200} required data-autofocus {...field("display_name")} />
              <TextInput label="Profession" description="Such as registered nurse" maxLength={200} required {...field("profession")} />
            </Group>
            <Group grow align="flex-start">
              <TextInput label="Registration" description="Number in the professional register, if any" maxLength={50} {...field("registration")} />
              <TextInput
                label="Account"
                description="To sign in by; it never belongs to anybody else"
                autoComplete="off"
                spellCheck={false}
                minLength={LEAST_ACCOUNT}
                maxLength={200}
                required
                {...field("account")}
              />
            </Group>
            <RoleSelect label="First role" description="May be given later" placeholder="None yet" held={[]} value={role} onChange={setRole} />
            <p className="quiet">
              A first password and a one-time secret are made, and shown once after this.
            </p>
            {register.error && <ProblemNotice error={register.error} />}
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={onClose}>
                Cancel
              </Button>
              <Button type="submit" loading={register.isPending} disabled={!named || typed.account.length < LEAST_ACCOUNT}>
                Register
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
