// Bringing a model into the register: its manifest, the model itself, and who signed for both.
import { Button, FileInput, Group, Modal, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { sendForm } from "../../api/files";
import { useWrite } from "../../api/writes";
import { ProblemNotice } from "../../parts/ProblemNotice";

const SIGNATURE = /^[0-9a-f]{128}$/;

export function RegisterDialog({ onClose }: { onClose: () => void }) {
  const [manifest, setManifest] = useState<File | null>(null);
  const [model, setModel] = useState<File | null>(null);
  const [typed, setTyped] = useState("");
  const signature = typed.replace(/\s/g, "").toLowerCase();
  const signed = SIGNATURE.test(signature);
  const register = useWrite(
    (parts: { manifest: File; model: File; signature: string }, key) => sendForm("/model-releases", parts, key),
    { onDone: onClose },
  );

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (manifest !== null && model !== null && signed) register.mutate({ manifest, model, signature });
  }

  return (
    <Modal opened onClose={onClose} title="Register a release" size="lg">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <p>
            <code>vultus sign-release</code> checks a model against its manifest, writes the manifest that is signed,
            and prints the signature. What is registered runs on nothing until a second person approved it.
          </p>
          <FileInput label="Manifest" name="manifest" accept=".json" placeholder="As vultus sign-release wrote it" value={manifest} onChange={setManifest} />
          <FileInput label="Model" name="model" accept=".onnx" placeholder="ONNX" value={model} onChange={setModel} />
          <TextInput
            label="Signature"
            className="mono"
            spellCheck={false}
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            error={typed !== "" && !signed ? "A signature has 128 digits from 0 to f." : undefined}
          />
          {register.error && <ProblemNotice error={register.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={register.isPending} disabled={manifest === null || model === null || !signed}>
              Register
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
