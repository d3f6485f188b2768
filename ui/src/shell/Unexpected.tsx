// Shown when a screen failed in a way nobody foresaw.
import { Button } from "@mantine/core";

export function Unexpected({ error }: { error: unknown }) {
  return (
    <main role="alert" style={{ maxWidth: 520, margin: "16vh auto", padding: "0 20px" }}>
      <h1>This page failed</h1>
      <p style={{ margin: "8px 0" }}>
        Nothing was recorded by it. Read it again; if it fails again, pass these words on:
      </p>
      <p className="mono" style={{ marginBottom: 14 }}>
        {error instanceof Error ? error.message : String(error)}
      </p>
      <Button onClick={() => window.location.reload()}>Read again</Button>
    </main>
  );
}
