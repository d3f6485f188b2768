// Choosing a password of one's own, in the place of the one in force.
import { Button, Group, PasswordInput, Stack } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { answer, client, writing } from "../api/client";
import { useWrite } from "../api/writes";
import { ProblemNotice } from "./ProblemNotice";

const LEAST_PASSWORD = 12;
const NOTHING = { current: "", password: "", again: "" };

interface Props {
  currentLabel: string;
  onDone: () => void;
  onCancel: () => void;
  cancel: string;
}

export function PasswordForm({ currentLabel, onDone, onCancel, cancel }: Props) {
  const [typed, setTyped] = useState(NOTHING);
  // What was typed goes into the request alone and not into its state, which is kept for a while.
  const choose = useWrite(
    (_: undefined, key) =>
      answer(
        client.POST("/password", {
          body: { current: typed.current, password: typed.password },
          headers: writing(key),
        }),
      ),
    { onDone },
  );
  const short = typed.password !== "" && typed.password.length < LEAST_PASSWORD;
  const differs = typed.again !== "" && typed.again !== typed.password;
  const complete = typed.current !== "" && typed.password.length >= LEAST_PASSWORD && typed.again === typed.password;
  const field = (name: keyof typeof NOTHING) => ({
    value: typed[name],
    maxLength: 1_000,
    onChange: (event: { currentTarget: { value: string } }) =>
      setTyped({ ...typed, [name]: event.currentTarget.value }),
  });

  function submit(event: FormEvent): void {
    event.preventDefault();
    choose.mutate(undefined);
  }

  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <PasswordInput label={currentLabel} autoComplete="current-password" data-autofocus {...field("current")} />
        <PasswordInput
          label="New password"
          description={`At least ${LEAST_PASSWORD} characters, known to nobody else`}
          autoComplete="new-password"
          error={short && `At least ${LEAST_PASSWORD} characters`}
          {...field("password")}
        />
        <PasswordInput
          label="The same again"
          autoComplete="new-password"
          error={differs && "The two differ"}
          {...field("again")}
        />
        {choose.error && <ProblemNotice error={choose.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>
            {cancel}
          </Button>
          <Button type="submit" loading={choose.isPending} disabled={!complete}>
            Choose this password
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
