// An amendment: what is added to a signed report, signed in its turn.
import { Modal, Stack, Textarea } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answer, client, writing } from "../../api/client";
import * as read from "../../api/queries";
import type { Assessment } from "../../api/types";
import { SigningForm } from "../../parts/SigningForm";
import { useMe } from "../../shell/me";

interface Props {
  assessment: Assessment;
  opened: boolean;
  onClose: () => void;
}

export function AmendReport({ assessment: assessed, opened, onClose }: Props) {
  const me = useMe();
  const [text, setText] = useState("");
  const [settled] = useDebouncedValue(text.trim(), 250);
  const { assessment, version } = assessed;
  const found = useQuery(read.amendmentDigest(assessment, version, settled));
  const current = settled === text.trim() && found.data !== undefined;
  return (
    <Modal opened={opened} onClose={onClose} title="Amend the report" size="lg">
      <Stack gap="sm">
        <p>Nothing that was signed changes. Your words are added, with your signature.</p>
        <Textarea label="Amendment" autosize minRows={3} value={text} onChange={(event) => setText(event.currentTarget.value)} data-autofocus />
        <SigningForm
          digest={found.data?.digest ?? ""}
          signer={me.display_name}
          verb="Sign the amendment"
          blocked={text.trim() === "" ? "Write the amendment first." : current ? null : "Computing what you sign."}
          sign={({ reauthentication, digest }, key) =>
            answer(
              client.POST("/assessments/{assessment}/amendments", {
                params: { path: { assessment } },
                body: { text: text.trim(), reauthentication, digest },
                headers: writing(key, version),
              }),
            )
          }
          onDone={() => {
            setText("");
            onClose();
          }}
        />
      </Stack>
    </Modal>
  );
}
