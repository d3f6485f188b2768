// The practitioner's conclusion, in the practitioner's own words.
import { Button, Textarea } from "@mantine/core";
import { useState } from "react";
import { answer, client, writing } from "../../api/client";
import type { Assessment } from "../../api/types";
import { useWrite } from "../../api/writes";
import { ProblemNotice } from "../../parts/ProblemNotice";
import styles from "./Review.module.css";

export function Conclusion({ detail, editable }: { detail: Assessment; editable: boolean }) {
  const { assessment, version } = detail;
  const recorded = detail.conclusion ?? "";
  const [text, setText] = useState(recorded);
  const write = useWrite((said: string, key) =>
    answer(
      client.PUT("/assessments/{assessment}/conclusion", {
        params: { path: { assessment } },
        body: { text: said },
        headers: writing(key, version),
      }),
    ),
  );
  const changed = text.trim() !== recorded;
  if (!editable) {
    return (
      <section aria-label="Conclusion" className={styles.conclusion}>
        <h3>Conclusion</h3>
        <p>{recorded === "" ? "None was written." : recorded}</p>
      </section>
    );
  }
  return (
    <section aria-label="Conclusion" className={styles.conclusion}>
      <Textarea
        label="Conclusion"
        description="What was measured, in words that describe and do not diagnose"
        autosize
        minRows={3}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {write.error && <ProblemNotice error={write.error} />}
      <div className={styles.saving}>
        <span className="quiet">{changed ? "Not recorded yet" : recorded === "" ? "" : "Recorded"}</span>
        <Button size="compact-sm" variant={changed ? "filled" : "default"} disabled={!changed || text.trim() === ""} loading={write.isPending} onClick={() => write.mutate(text.trim())}>
          Record the conclusion
        </Button>
      </div>
    </section>
  );
}
