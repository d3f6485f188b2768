// Erasure: asked for by one person, approved by another, and proven afterwards.
import { Button, Modal, Stack } from "@mantine/core";
import { useState } from "react";
import { answer, client, writing } from "../../api/client";
import type { Subject } from "../../api/types";
import { dayAndClock } from "../../moments";
import { Facts } from "../../parts/Facts";
import { Panel } from "../../parts/Panel";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { SigningForm } from "../../parts/SigningForm";
import { useMay, useMe } from "../../shell/me";
import styles from "./Subjects.module.css";

export function Erasure({ detail }: { detail: Subject }) {
  const me = useMe();
  const mayRequest = useMay("erasure.request");
  const mayApprove = useMay("erasure.approve");
  const mayHold = useMay("subjects.hold");
  const [open, setOpen] = useState<"request" | "approve" | "hold" | null>(null);
  const [certificate, setCertificate] = useState<string | null>(null);
  const { subject, erasure_request: request, erased_at, holds } = detail;
  const close = () => setOpen(null);
  const path = { params: { path: { subject } } };
  if (!mayRequest && !mayApprove && !mayHold && request === null) return null;
  return (
    <Panel title="Retention and erasure">
      <Stack gap="sm">
        {erased_at === null && request === null && (
          <p className="quiet">
            Nothing was requested. Erasing destroys this subject’s key; every proof over the record
            still holds afterwards.
          </p>
        )}
        {request !== null && (
          <Facts
            items={[
              ["Requested by", request.requested_by],
              ["When", dayAndClock(request.requested_at)],
              ["Reason", request.reason],
              ["Refused", request.refused_because],
            ]}
          />
        )}
        {certificate !== null && <pre className={styles.certificate}>{certificate}</pre>}
        {erased_at === null && (
          <div className={styles.answers}>
            {mayHold && (
              <Button size="compact-sm" variant="default" onClick={() => setOpen("hold")}>
                {holds.length > 0 ? "Release the hold" : "Place a legal hold"}
              </Button>
            )}
            {mayRequest && request === null && (
              <Button size="compact-sm" variant="default" onClick={() => setOpen("request")}>
                Request erasure
              </Button>
            )}
            {mayApprove && request?.digest && (
              <Button size="compact-sm" color="red" onClick={() => setOpen("approve")}>
                Approve erasure
              </Button>
            )}
          </div>
        )}
      </Stack>
      <ReasonDialog
        title="Request erasure"
        verb="Request erasure"
        label="Why the client asks"
        opened={open === "request"}
        onClose={close}
        send={(reason, key) =>
          answer(client.POST("/subjects/{subject}/erasure-requests", { ...path, body: { reason }, headers: writing(key) }))
        }
      >
        <p>A second person decides. Retention rules and legal holds are checked then.</p>
      </ReasonDialog>
      <ReasonDialog
        title={holds.length > 0 ? "Release the hold" : "Place a legal hold"}
        verb={holds.length > 0 ? "Release" : "Place the hold"}
        label={holds.length > 0 ? "Why it is released" : "Ground of the hold"}
        opened={open === "hold"}
        onClose={close}
        send={(text, key) => {
          const [held] = holds;
          const body =
            held === undefined
              ? { ground: text, place: true, reason: "" }
              : { ground: held, place: false, reason: text };
          return answer(client.POST("/subjects/{subject}/legal-hold", { ...path, body, headers: writing(key) }));
        }}
      />
      <Modal opened={open === "approve"} onClose={close} title="Approve the erasure">
        <Stack gap="sm">
          <p>
            You destroy the key of <strong className="mono">{detail.pseudonym}</strong>. Images,
            findings and identity can never be read again, here or in any copy. This cannot be taken
            back.
          </p>
          {request?.digest && (
            <SigningForm
              digest={request.digest}
              signer={me.display_name}
              verb="Erase for good"
              sign={({ reauthentication, digest }, key) =>
                answer(
                  client.POST("/subjects/{subject}/erasure", {
                    ...path,
                    body: { reauthentication, digest },
                    headers: writing(key),
                  }),
                )
              }
              onDone={(done) => {
                setCertificate(done.certificate ?? done.ground);
                close();
              }}
            />
          )}
        </Stack>
      </Modal>
    </Panel>
  );
}
