// The only thing open to somebody whose password was issued by somebody else: choosing their own.
import { useEffect } from "react";
import { PasswordForm } from "../parts/PasswordForm";
import { useLeave } from "./leave";
import { useMe } from "./me";
import styles from "./Threshold.module.css";

export function FirstPassword() {
  const { display_name, password_from } = useMe();
  const leave = useLeave();
  useEffect(() => {
    document.title = "Choose a password · vultus";
  }, []);
  return (
    <div className={styles.ground}>
      <main className={styles.sheet}>
        <h1>Choose a password of your own</h1>
        <p className={styles.lead}>
          {display_name}, you signed in with a password that{" "}
          {password_from === null ? "somebody else may know" : `${password_from} gave you and may still know`}. What you
          sign must be yours alone, so nothing else opens until you have chosen another.
        </p>
        <PasswordForm
          currentLabel="Password you were given"
          onDone={() => undefined}
          onCancel={() => leave.mutate(undefined)}
          cancel="Sign out"
        />
        <p className={styles.foot}>
          The record keeps that you chose one, never the password. If nobody should have given you a new one, tell your
          quality manager.
        </p>
      </main>
    </div>
  );
}
