// A lost phone, a forgotten password, somebody who comes back: what they need is issued anew.
import { Button, Group, Modal, Radio, Stack, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useRef, useState } from "react";
import { answer, client, writing } from "../../api/client";
import type { Credential, PersonDetail } from "../../api/types";
import { useWrite } from "../../api/writes";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { HandOver, type Handed, KEPT_OPEN } from "./HandOver";
import { issuedPassword } from "./secrets";

const CASES = {
  totp: { label: "The phone is lost or new", issues: ["totp"] },
  password: { label: "The password is forgotten, or somebody may know it", issues: ["password"] },
  both: { label: "Both", issues: ["password", "totp"] },
} satisfies Record<string, { label: string; issues: Credential[] }>;

const LEAST_ACCOUNT = 3;

export function CredentialsDialog({ person, onClose }: { person: PersonDetail; onClose: () => void }) {
  const back = person.access === "none";
  const [which, setWhich] = useState<keyof typeof CASES>(back ? "both" : "totp");
  const [reason, setReason] = useState("");
  const [account, setAccount] = useState("");
  const [handed, setHanded] = useState<Handed | null>(null);
  const password = useRef<string>(null);
  const name = person.display_name;
  // Secrets go to this dialog and not through the request's state, which is kept for a while.
  const issue = useWrite(async (_: undefined, key) => {
    const credentials: Credential[] = CASES[which].issues;
    const issued = credentials.includes("password") ? (password.current ??= issuedPassword()) : null;
    const made = await answer(
      client.POST("/practitioners/{practitioner}/credentials", {
        params: { path: { practitioner: person.practitioner } },
        body: { credentials, reason: reason.trim(), password: issued, account: person.account === null ? account : null },
        headers: writing(key),
      }),
    );
    setHanded({ name, account: made.account, password: issued, address: made.one_time_password });
    return { seq: made.seq };
  });

  function submit(event: FormEvent): void {
    event.preventDefault();
    issue.mutate(undefined);
  }

  const title = back ? `Give ${name} access` : `Issue anew for ${name}`;
  const complete = (back || reason.trim() !== "") && (person.account !== null || account.length >= LEAST_ACCOUNT);
  return (
    <Modal opened onClose={onClose} title={handed ? `Issued for ${name}` : title} size="lg" {...(handed && KEPT_OPEN)}>
      {handed ? (
        <HandOver handed={handed} onClose={onClose} />
      ) : (
        <form onSubmit={submit}>
          <Stack gap="sm">
            {back ? (
              <p>
                A first password and a one-time secret are made, and shown once after this. Roles are given afterwards.
              </p>
            ) : (
              <>
                <Radio.Group label="What happened" value={which} onChange={(chosen) => setWhich(chosen as keyof typeof CASES)}>
                  <Stack gap={6} mt={4}>
                    {Object.entries(CASES).map(([value, { label }]) => (
                      <Radio key={value} value={value} label={label} />
                    ))}
                  </Stack>
                </Radio.Group>
                <p>
                  What was in force ends, and so does every sign-in of {name}, at once.
                  {which !== "totp" && " The new password must be replaced by one of their own when first signing in."}
                </p>
                <Textarea
                  label="Reason"
                  description="It stays in the record with your name."
                  value={reason}
                  onChange={(event) => setReason(event.currentTarget.value)}
                  maxLength={500}
                  autosize
                  minRows={2}
                  data-autofocus
                />
              </>
            )}
            {person.account === null && (
              <TextInput
                label="Account"
                description="To sign in by; it never belongs to anybody else"
                autoComplete="off"
                spellCheck={false}
                maxLength={200}
                value={account}
                onChange={(event) => setAccount(event.currentTarget.value)}
              />
            )}
            {issue.error && <ProblemNotice error={issue.error} />}
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={onClose}>
                Cancel
              </Button>
              <Button type="submit" loading={issue.isPending} disabled={!complete}>
                Issue
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
