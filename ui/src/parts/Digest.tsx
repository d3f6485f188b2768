// A digest, shortened for the eye; the whole of it can be copied.
import { CopyButton, Tooltip } from "@mantine/core";
import styles from "./Digest.module.css";

export function shortDigest(digest: string): string {
  const hex = digest.replace(/^sha256:/, "");
  return hex.length <= 20 ? hex : `${hex.slice(0, 8)}…${hex.slice(-8)}`;
}

export function Digest({ value, whole = false }: { value: string; whole?: boolean }) {
  if (whole) {
    const hex = value.replace(/^sha256:/, "");
    const groups = hex.match(/.{1,8}/g) ?? [];
    return <code className={styles.whole}>{groups.join(" ")}</code>;
  }
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? "Copied" : "Copy the whole digest"} position="top">
          <button type="button" className={styles.digest} onClick={copy} title={value}>
            {shortDigest(value)}
          </button>
        </Tooltip>
      )}
    </CopyButton>
  );
}
