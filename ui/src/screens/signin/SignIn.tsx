// Signing in: account, password and one-time code, together.
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { type FormEvent, useEffect, useState } from "react";
import { answer, client, writing } from "../../api/client";
import * as read from "../../api/queries";
import { useWrite } from "../../api/writes";
import { ProblemNotice } from "../../parts/ProblemNotice";
import styles from "./SignIn.module.css";

const route = getRouteApi("/sign-in");

export function SignIn() {
  const { back } = route.useSearch();
  const router = useRouter();
  const queries = useQueryClient();
  const running = useQuery(read.version).data;
  const [typed, setTyped] = useState({ account: "", password: "", code: "" });
  const signIn = useWrite(
    (input: typeof typed, key) =>
      answer(client.POST("/sign-in", { body: input, headers: writing(key) })),
    {
      onDone: (me) => {
        queries.setQueryData(read.me.queryKey, me);
        router.history.push(back ?? "/");
      },
    },
  );
  useEffect(() => {
    document.title = "Sign in · vultus";
  }, []);

  function submit(event: FormEvent): void {
    event.preventDefault();
    signIn.mutate(typed, { onSettled: () => setTyped((now) => ({ ...now, code: "" })) });
  }

  return (
    <div className={styles.ground}>
      <Reticle />
      <main className={styles.sheet}>
        <h1>vultus</h1>
        <p className={styles.lead}>Clinical facial imaging record</p>
        <form onSubmit={submit} className={styles.form}>
          <TextInput
            label="Account"
            autoComplete="username"
            autoFocus
            required
            withAsterisk={false}
            value={typed.account}
            onChange={(event) => setTyped({ ...typed, account: event.currentTarget.value })}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={typed.password}
            onChange={(event) => setTyped({ ...typed, password: event.currentTarget.value })}
          />
          <TextInput
            label="Six-digit code"
            description="From the authenticator on your phone"
            autoComplete="one-time-code"
            inputMode="numeric"
            pattern="\d{6}"
            maxLength={6}
            required
            withAsterisk={false}
            classNames={{ input: styles.code }}
            value={typed.code}
            onChange={(event) =>
              setTyped({ ...typed, code: event.currentTarget.value.replace(/\D/g, "") })
            }
          />
          {signIn.error && <ProblemNotice error={signIn.error} />}
          <Button type="submit" size="md" loading={signIn.isPending}>
            Sign in
          </Button>
        </form>
        <p className={styles.foot}>
          Every sign-in, also a failed one, is kept in the record.
          {running && (
            <>
              {" "}
              Build {running.version}{" "}
              <code className="mono">{running.build.replace("sha256:", "").slice(0, 8)}</code>.
            </>
          )}
        </p>
      </main>
    </div>
  );
}

function Reticle() {
  return (
    <svg className={styles.reticle} viewBox="-300 -300 600 600" aria-hidden="true">
      {[70, 130, 200, 280].map((radius) => (
        <circle key={radius} r={radius} />
      ))}
      <path d="M-300 0H300M0 -300V300" />
      {Array.from({ length: 72 }, (_, at) => (
        <path key={at} d={at % 6 === 0 ? "M0 -280V-258" : "M0 -280V-270"} transform={`rotate(${at * 5})`} />
      ))}
    </svg>
  );
}
