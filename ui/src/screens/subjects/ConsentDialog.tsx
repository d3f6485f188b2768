// Showing the exact wording, and recording what the client answered.
import { Button, Group, Modal, Radio, Select, Stack, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answer, client, writing } from "../../api/client";
import * as read from "../../api/queries";
import type { Purpose } from "../../api/types";
import { useWrite } from "../../api/writes";
import { Digest } from "../../parts/Digest";
import { Loaded } from "../../parts/Loaded";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { words } from "../../words";
import styles from "./Subjects.module.css";

type GivenBy = "subject" | "guardian";
export type Decision = "grant" | "decline" | "withdraw";

const EFFECTS: Record<string, string> = {
  "clinical-capture": "No new capture can begin. What was recorded stays, for as long as the law asks.",
  "ai-analysis": "No further analysis by software runs, also not on captures that exist.",
};

interface Props {
  subject: string;
  purpose: Purpose;
  decision: Decision;
  onClose: () => void;
}

export function ConsentDialog({ subject, purpose, decision: asked, onClose }: Props) {
  const texts = useQuery(read.wordings);
  const [language, setLanguage] = useState("en-AU");
  const [givenBy, setGivenBy] = useState<GivenBy>("subject");
  const [reason, setReason] = useState("");
  const withdrawing = asked === "withdraw";
  const write = useWrite(
    ({ decision, version }: { decision: Decision; version: string }, key) =>
      answer(
        client.POST("/subjects/{subject}/consents", {
          params: { path: { subject } },
          body: { purpose, decision, wording_version: version, language, given_by: givenBy, reason },
          headers: writing(key),
        }),
      ),
    { onDone: onClose },
  );
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={`${words(purpose)}: ${withdrawing ? "withdraw consent" : "ask for consent"}`}
    >
      <Loaded query={texts}>
        {({ items }) => {
          const offered = items.filter((each) => each.purpose === purpose);
          const wording = offered.find((each) => each.language === language) ?? offered[0];
          if (wording === undefined) return <p>No wording is in use for this purpose.</p>;
          const send = (decision: Decision) => () => write.mutate({ decision, version: wording.version });
          return (
            <Stack gap="sm">
              {withdrawing ? (
                <p>
                  {EFFECTS[purpose] ?? "Nothing recorded is used for this purpose from now on."} The
                  withdrawal takes effect at once.
                </p>
              ) : (
                <>
                  <div className={styles.wording}>{wording.text}</div>
                  <Group justify="space-between" gap="xs">
                    <span className="quiet">
                      Wording {wording.version}, digest <Digest value={wording.digest} />
                    </span>
                    {offered.length > 1 && (
                      <Select
                        size="xs"
                        aria-label="Language"
                        data={offered.map((each) => each.language)}
                        value={language}
                        onChange={(value) => value && setLanguage(value)}
                      />
                    )}
                  </Group>
                  <Radio.Group label="Answered by" value={givenBy} onChange={(chosen) => setGivenBy(chosen as GivenBy)}>
                    <Group mt={4}>
                      <Radio value="subject" label="The client" />
                      <Radio value="guardian" label="A guardian" />
                    </Group>
                  </Radio.Group>
                </>
              )}
              <TextInput
                label={withdrawing ? "Reason, as the client gives it" : "Remark"}
                description={withdrawing ? undefined : "May stay empty"}
                value={reason}
                onChange={(event) => setReason(event.currentTarget.value)}
              />
              {write.error && <ProblemNotice error={write.error} />}
              <Group justify="flex-end" gap="xs">
                <Button variant="subtle" onClick={onClose}>
                  Cancel
                </Button>
                {withdrawing ? (
                  <Button color="red" loading={write.isPending} disabled={reason.trim() === ""} onClick={send("withdraw")}>
                    Withdraw consent
                  </Button>
                ) : (
                  <>
                    <Button variant="default" loading={write.isPending} onClick={send("decline")}>
                      The client says no
                    </Button>
                    <Button loading={write.isPending} onClick={send("grant")}>
                      The client says yes
                    </Button>
                  </>
                )}
              </Group>
            </Stack>
          );
        }}
      </Loaded>
    </Modal>
  );
}
