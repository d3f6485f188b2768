// Consent, purpose by purpose: one answer never stands for another.
import { Button } from "@mantine/core";
import { useState } from "react";
import type { Consent, Purpose } from "../../api/types";
import { day } from "../../moments";
import { Mark, type Tone } from "../../parts/Mark";
import { Panel } from "../../parts/Panel";
import { useMay } from "../../shell/me";
import { PURPOSES, words } from "../../words";
import { ConsentDialog, type Decision } from "./ConsentDialog";
import styles from "./Subjects.module.css";

const STATES: Record<Consent["state"], { tone: Tone; text: string }> = {
  granted: { tone: "pass", text: "Granted" },
  declined: { tone: "fail", text: "Declined" },
  withdrawn: { tone: "held", text: "Withdrawn" },
  none: { tone: "plain", text: "Not asked" },
};

interface Props {
  subject: string;
  consents: readonly Consent[];
  closed: boolean;
}

export function Consents({ subject, consents, closed }: Props) {
  const record = useMay("consents.record") && !closed;
  const [asked, setAsked] = useState<{ purpose: Purpose; decision: Decision } | null>(null);
  return (
    <Panel title="Consent" aside="each purpose by itself" flush>
      <ul className={styles.consents}>
        {PURPOSES.map((purpose) => {
          const consent = consents.find((each) => each.purpose === purpose);
          const state = consent?.state ?? "none";
          const ask = (decision: Decision) => () => setAsked({ purpose, decision });
          return (
            <li key={purpose}>
              <span className={styles.purpose}>{words(purpose)}</span>
              <Mark tone={STATES[state].tone}>{STATES[state].text}</Mark>
              {record ? (
                <span className={styles.answers}>
                  {state === "granted" ? (
                    <Button size="compact-xs" variant="default" onClick={ask("withdraw")}>
                      Withdraw
                    </Button>
                  ) : (
                    <Button size="compact-xs" variant="default" onClick={ask("grant")}>
                      Ask
                    </Button>
                  )}
                </span>
              ) : (
                <span />
              )}
              {consent?.at && <span className={styles.small}>{described(consent)}</span>}
            </li>
          );
        })}
      </ul>
      {asked !== null && (
        <ConsentDialog subject={subject} {...asked} onClose={() => setAsked(null)} />
      )}
    </Panel>
  );
}

function described(consent: Consent): string {
  if (consent.at === null) return "";
  const until = consent.valid_until === null ? "" : `, until ${day(consent.valid_until)}`;
  return `${day(consent.at)}, wording ${consent.wording_version ?? "unknown"}${until}`;
}
