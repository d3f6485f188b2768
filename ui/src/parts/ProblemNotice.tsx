// What went wrong: the rule, the evidence and the next step, as the service gave them.
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import type { ProblemError } from "../api/problem";
import { count } from "../words";
import { GateList } from "./GateList";
import { Glyph } from "./Glyph";
import styles from "./ProblemNotice.module.css";

interface Props {
  error: ProblemError;
  onRetry?: () => void;
  children?: ReactNode;
}

export function ProblemNotice({ error, onRetry, children }: Props) {
  const { title, detail, evidence, next_step, rule, gates, correlation } = error.problem;
  const changed = error.status === 412;
  // Who mistypes a code is told that, not what the protocol calls it.
  const heading = error.status === 401 && detail ? detail : title;
  const said = error.status === 401 ? undefined : (evidence ?? detail);
  const closed = gates?.filter((gate) => !gate.passed) ?? [];
  return (
    <div className={styles.notice} role="alert" data-tone={changed ? "warn" : "fail"}>
      <Glyph name={changed ? "warn" : "fail"} size={16} />
      <div className={styles.words}>
        <strong>
          {changed ? "Changed meanwhile: this is the new state. Your change was not recorded." : heading}
        </strong>
        {!changed && said && closed.length === 0 && <p>{said}</p>}
        {next_step && closed.length === 0 && <p className={styles.next}>{next_step}</p>}
        {closed.length > 0 && <GateList gates={closed} />}
        {gates && gates.length > closed.length && (
          <p className={styles.small}>{count(gates.length - closed.length, "other gate")} passed.</p>
        )}
        {children}
        {(rule || (error.status >= 500 && correlation)) && (
          <p className={styles.small}>
            {rule && (
              <>
                Rule <code>{rule}</code>
              </>
            )}
            {error.status >= 500 && correlation && (
              <>
                {" "}
                Reference <code>{correlation}</code>
              </>
            )}
          </p>
        )}
        {onRetry && (
          <Button size="compact-sm" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
      </div>
    </div>
  );
}
