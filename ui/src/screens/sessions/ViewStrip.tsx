// The views a protocol asks for, and where each one stands.
import { UnstyledButton } from "@mantine/core";
import type { Session } from "../../api/types";
import { Glyph } from "../../parts/Glyph";
import { count, words } from "../../words";
import styles from "./Session.module.css";

interface Props {
  detail: Session;
  chosen: string | null;
  onChoose: (view: string | null) => void;
}

export function ViewStrip({ detail, chosen, onChoose }: Props) {
  const next = detail.state === "open" ? detail.views.find((view) => !view.accepted)?.view : null;
  return (
    <ol className={styles.views} aria-label="Views of the protocol">
      {detail.views.map((view) => {
        const tries = detail.attempts.filter((attempt) => attempt.view === view.view).length;
        const state = view.accepted ? "done" : view.view === next ? "next" : "open";
        return (
          <li key={view.view}>
            <UnstyledButton
              className={styles.view}
              data-state={state}
              aria-pressed={chosen === view.view}
              onClick={() => onChoose(chosen === view.view ? null : view.view)}
            >
              <span className={styles.viewName}>
                <Glyph name={view.accepted ? "pass" : state === "next" ? "next" : "open"} size={13} />
                {words(view.view)}
              </span>
              <span className={styles.viewState}>
                {view.accepted ? "Accepted" : state === "next" ? "Next" : "Not yet"}
                {tries > 0 && `, ${count(tries, "attempt")}`}
              </span>
              {state === "next" && <span className={styles.instruction}>{view.instruction}</span>}
            </UnstyledButton>
          </li>
        );
      })}
    </ol>
  );
}
