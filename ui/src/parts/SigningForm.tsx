// Signing: what is signed, by digest, with a meaning and a fresh proof of who signs.
import { Anchor, Button, PasswordInput, Select, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { answer, client, writing } from "../api/client";
import { requestKey } from "../api/requestKey";
import type { Recorded } from "../api/types";
import { useWrite } from "../api/writes";
import { words } from "../words";
import { Digest } from "./Digest";
import { Glyph } from "./Glyph";
import { ProblemNotice } from "./ProblemNotice";
import styles from "./SigningForm.module.css";

export type Meaning = "approved" | "reviewed" | "authored";

export interface Proof {
  reauthentication: string;
  digest: string;
  meaning: Meaning;
}

interface Props<Output extends Recorded> {
  digest: string;
  signer: string;
  verb: string;
  meanings?: readonly Meaning[];
  blocked?: string | null;
  sign: (proof: Proof, key: string) => Promise<Output>;
  onDone: (output: Output) => void;
}

interface Typed {
  password: string;
  code: string;
  meaning: Meaning;
}

export function SigningForm<Output extends Recorded>(props: Props<Output>) {
  const { digest, signer, verb, meanings = [], blocked = null, sign, onDone } = props;
  const [typed, setTyped] = useState<Typed>({ password: "", code: "", meaning: meanings[0] ?? "approved" });
  const [withPassword, setWithPassword] = useState(false);
  const signing = useWrite(
    async (input: Typed, key) => {
      const { reauthentication } = await answer(
        client.POST("/reauthentications", {
          body: input.password
            ? { password: input.password, code: input.code }
            : { code: input.code },
          headers: writing(requestKey()),
        }),
      );
      return sign({ reauthentication, digest, meaning: input.meaning }, key);
    },
    { onDone },
  );
  const wantsPassword = withPassword || /password/i.test(signing.error?.message ?? "");

  function submit(event: FormEvent): void {
    event.preventDefault();
    // A code works once, so it never stays in the field.
    signing.mutate(typed, { onSettled: () => setTyped((now) => ({ ...now, code: "" })) });
  }

  return (
    <form className={styles.form} onSubmit={submit} autoComplete="off">
      <div className={styles.digest}>
        <span className="label">Digest of exactly what is shown</span>
        <Digest value={digest} whole />
      </div>
      {meanings.length > 1 && (
        <Select
          label="What your signature means"
          data={meanings.map((meaning) => ({ value: meaning, label: words(meaning) }))}
          value={typed.meaning}
          onChange={(meaning) => meaning && setTyped({ ...typed, meaning: meaning as Meaning })}
        />
      )}
      <p className={styles.signer}>
        Signing as <strong>{signer}</strong>
      </p>
      {wantsPassword && (
        <PasswordInput
          label="Password"
          value={typed.password}
          autoComplete="current-password"
          onChange={(event) => setTyped({ ...typed, password: event.currentTarget.value })}
        />
      )}
      <TextInput
        label="Six-digit code"
        value={typed.code}
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={6}
        data-autofocus
        classNames={{ input: styles.code }}
        onChange={(event) =>
          setTyped({ ...typed, code: event.currentTarget.value.replace(/\D/g, "") })
        }
      />
      {!wantsPassword && (
        <Anchor component="button" type="button" size="xs" ta="left" onClick={() => setWithPassword(true)}>
          Signed in more than four hours ago? Give your password as well
        </Anchor>
      )}
      {signing.error && <ProblemNotice error={signing.error} />}
      {blocked !== null && (
        <p className={styles.blocked}>
          <Glyph name="warn" /> {blocked}
        </p>
      )}
      <Button
        type="submit"
        size="md"
        loading={signing.isPending}
        disabled={blocked !== null || typed.code.length !== 6}
        leftSection={<Glyph name="pen" size={16} />}
      >
        {verb}
      </Button>
    </form>
  );
}
