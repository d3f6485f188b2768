// Text that people take with them: copied, or kept as a file.
import { Button, CopyButton } from "@mantine/core";
import { Glyph } from "../../parts/Glyph";
import styles from "./Take.module.css";

interface Props {
  /** What it is, within a sentence: "key 9f2c11aa". */
  what: string;
  text: string;
  file: string;
}

export function Take({ what, text, file }: Props) {
  const whole = text.endsWith("\n") ? text : `${text}\n`;
  return (
    <span className={styles.take}>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Button size="compact-xs" variant="default" onClick={copy} aria-label={`Copy ${what}`}>
            <span aria-live="polite">{copied ? "Copied" : "Copy"}</span>
          </Button>
        )}
      </CopyButton>
      <Button
        component="a"
        size="compact-xs"
        variant="default"
        href={`data:text/plain;charset=utf-8,${encodeURIComponent(whole)}`}
        download={file}
        leftSection={<Glyph name="down" size={12} />}
        aria-label={`Save ${what} as ${file}`}
      >
        Save
      </Button>
    </span>
  );
}
