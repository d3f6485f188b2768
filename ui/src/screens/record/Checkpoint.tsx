// The newest checkpoint: the few lines that anybody can keep and hold against this record later.
import { PREFIX } from "../../api/client";
import type { LedgerHealth } from "../../api/types";
import { dayAndSeconds } from "../../moments";
import { Digest } from "../../parts/Digest";
import { Facts } from "../../parts/Facts";
import { count, number } from "../../words";
import styles from "./Checkpoint.module.css";
import { type Signature, signaturesOf } from "./notes";
import { Take } from "./Take";

export function Checkpoint({ health: { checkpoint, root, size } }: { health: LedgerHealth }) {
  if (checkpoint === null) {
    return (
      <Facts
        items={[
          ["Signed for", "Nothing yet"],
          ["Root now", <Digest value={root} whole />],
        ]}
      />
    );
  }
  const signatures = signaturesOf(checkpoint.text);
  const after = size - checkpoint.size;
  return (
    <>
      <Facts
        items={[
          ["Signed for", `${count(checkpoint.size, "record")}${after > 0 ? `; ${number(after)} after it` : ", all there are"}`],
          ["Signed", dayAndSeconds(checkpoint.signed_at)],
          ["With", keys(signatures.filter(({ at }) => at === null))],
          ["Cosigned", keys(signatures.filter(({ at }) => at !== null)) || "by nobody yet"],
          ["Root now", <Digest value={root} whole />],
        ]}
      />
      <pre className={styles.note} tabIndex={0} aria-label="Text of the checkpoint">
        {checkpoint.text}
      </pre>
      <p className={styles.take}>
        <Take what="the checkpoint" text={checkpoint.text} file={`checkpoint-${checkpoint.size}.txt`} />
        <a href={`${PREFIX}/ledger/log-key`} download="log-key.txt">
          Take the log’s key
        </a>
      </p>
      <p className={styles.how}>
        Check it yourself: take an evidence bundle from a report and run <code>vultus-verify</code>{" "}
        on it, on a computer that never saw us.
      </p>
    </>
  );
}

function keys(signatures: Signature[]): string {
  return signatures.map(({ keyId }) => `key ${keyId}`).join(", ");
}
