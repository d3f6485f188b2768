// What went wrong: the rule, the evidence and the next step, as the service gave them.
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import type { ProblemError } from "../api/problem";
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
  const said = evidence ?? detail;
  return (
    <div className={styles.notice} role="alert" data-tone={changed ? "warn" : "fail"}>
      <Glyph name={changed ? "warn" : "fail"} size={16} />
      <div className={styles.words}>
        <strong>
          {changed ? "Changed meanwhile: this is the new state. Your change was not recorded." : title}
        </strong>
        {!changed && said && <p>{said}</p>}
        {next_step && <p className={styles.next}>{next_step}</p>}
        {gates && <GateList gates={gates} />}
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
