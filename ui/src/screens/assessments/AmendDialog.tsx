// Amending or rejecting a finding, always with a reason.
import { Button, Group, Modal, NumberInput, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { quantity, unitText } from "../../quantities";
import { REVIEW_REASONS, words } from "../../words";
import type { Asked, Judgement } from "./reviewing";

interface Props extends Asked {
  send: (finding: string, judgement: Judgement) => void;
  onClose: () => void;
}

export function AmendDialog({ finding, verdict, send, onClose }: Props) {
  const amending = verdict === "amended";
  const [value, setValue] = useState<number | string>(finding.value ?? "");
  const [text, setText] = useState(finding.text ?? "");
  const [code, setCode] = useState<string>(REVIEW_REASONS[0]);
  const [reason, setReason] = useState("");
  const explained = code !== "other" || reason.trim() !== "";

  function submit(event: FormEvent): void {
    event.preventDefault();
    const judgement: Judgement = { verdict, reason_code: code, reason: reason.trim() };
    if (amending && finding.value !== null && typeof value === "number") judgement.value = value;
    if (amending && text.trim() !== "" && text !== finding.text) judgement.text = text.trim();
    send(finding.finding, judgement);
  }

  return (
    <Modal opened onClose={onClose} title={`${amending ? "Amend" : "Reject"}: ${finding.label}`}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          {finding.value !== null && (
            <p className="quiet">
              Measured {quantity(finding.value, finding.uncertainty)} {unitText(finding.unit)}. It stays
              beside what you decide.
            </p>
          )}
          {amending && finding.value !== null && (
            <NumberInput
              label={`Your value${unitText(finding.unit) === "" ? "" : ` in ${unitText(finding.unit)}`}`}
              value={value}
              onChange={setValue}
              data-autofocus
              hideControls
            />
          )}
          {amending && (finding.value === null || finding.text !== null) && (
            <TextInput label="Your words" value={text} onChange={(event) => setText(event.currentTarget.value)} />
          )}
          <Select
            label="Reason"
            data={REVIEW_REASONS.map((each) => ({ value: each, label: words(each) }))}
            value={code}
            onChange={(chosen) => chosen && setCode(chosen)}
            data-autofocus={!amending || undefined}
          />
          <Textarea
            label="In words"
            description={code === "other" ? undefined : "May stay empty"}
            autosize
            minRows={2}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" disabled={!explained || (amending && value === "" && text.trim() === "")}>
              {amending ? "Amend" : "Reject"}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
