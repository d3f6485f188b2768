// An amendment: what is added to a signed report, signed in its turn.
import { Modal, Stack, Textarea } from "@mantine/core";
import { useEffect, useState } from "react";
import { answer, client, writing } from "../../api/client";
import type { Report } from "../../api/types";
import { SigningForm } from "../../parts/SigningForm";
import { useMe } from "../../shell/me";
import { amendmentDigest } from "./amendment";

interface Props {
  detail: Report;
  opened: boolean;
  onClose: () => void;
}

export function AmendReport({ detail, opened, onClose }: Props) {
  const me = useMe();
  const [text, setText] = useState("");
  const [digest, setDigest] = useState("");
  useEffect(() => {
    let stale = false;
    void amendmentDigest(detail, text.trim()).then((found) => !stale && setDigest(found));
    return () => {
      stale = true;
    };
  }, [detail, text]);
  return (
    <Modal opened={opened} onClose={onClose} title="Amend the report" size="lg">
      <Stack gap="sm">
        <p>Nothing that was signed changes. Your words are added, with your signature.</p>
        <Textarea label="Amendment" autosize minRows={3} value={text} onChange={(event) => setText(event.currentTarget.value)} data-autofocus />
        <SigningForm
          digest={digest}
          signer={me.display_name}
          verb="Sign the amendment"
          blocked={text.trim() === "" ? "Write the amendment first." : null}
          sign={({ reauthentication }, key) =>
            answer(
              client.POST("/assessments/{assessment}/amendments", {
                params: { path: { assessment: detail.assessment } },
                body: { text: text.trim(), reauthentication, digest },
                headers: writing(key, detail.version),
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
