// Taking the report away: as a document, or with everything needed to check it elsewhere.
import { Button, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { PREFIX, sendRaw, writing } from "../../api/client";
import type { Report } from "../../api/types";
import { useWrite } from "../../api/writes";
import { Glyph } from "../../parts/Glyph";
import { Panel } from "../../parts/Panel";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { useMay } from "../../shell/me";

export function Downloads({ detail }: { detail: Report }) {
  const may = useMay("bundles.export");
  const [purpose, setPurpose] = useState("");
  const [asking, setAsking] = useState(false);
  const bundle = useWrite(
    async (said: string, key) => {
      const sent = await sendRaw(`/reports/${detail.report}/bundle`, {
        method: "POST",
        body: JSON.stringify({ purpose: said }),
        headers: { ...writing(key), "Content-Type": "application/json" },
      });
      save(await sent.blob(), `evidence-${detail.number}.zip`);
      return sent.headers.get("X-Vultus-Audit");
    },
    { onDone: () => setAsking(false) },
  );
  return (
    <Panel title="Take away">
      <Stack gap="xs">
        <Button component="a" href={`${PREFIX}/reports/${detail.report}/document`} download leftSection={<Glyph name="down" />}>
          Download the PDF
        </Button>
        {may && !asking && (
          <Button variant="default" leftSection={<Glyph name="chain" />} onClick={() => setAsking(true)}>
            Evidence bundle
          </Button>
        )}
        {asking && (
          <>
            <TextInput
              label="What the bundle is for"
              description="It holds raw frames; the export is recorded with your words."
              value={purpose}
              onChange={(event) => setPurpose(event.currentTarget.value)}
              data-autofocus
            />
            <Button loading={bundle.isPending} disabled={purpose.trim() === ""} onClick={() => bundle.mutate(purpose.trim())}>
              Make the bundle
            </Button>
          </>
        )}
        {bundle.error && <ProblemNotice error={bundle.error} />}
        {bundle.isSuccess && <p className="quiet">Saved. The export is in the record at position {bundle.data ?? "unknown"}.</p>}
      </Stack>
    </Panel>
  );
}

/** Hands bytes to the browser as a file. */
function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
