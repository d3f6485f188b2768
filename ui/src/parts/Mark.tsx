// A state: sign, word and colour together, so that none of them is needed alone.
import type { ReactNode } from "react";
import { Glyph, type GlyphName } from "./Glyph";
import styles from "./Mark.module.css";

export type Tone = "pass" | "fail" | "warn" | "held" | "wait" | "plain";

const SIGNS: Record<Tone, GlyphName> = {
  pass: "pass",
  fail: "fail",
  warn: "warn",
  held: "held",
  wait: "wait",
  plain: "open",
};

interface Props {
  tone: Tone;
  children: ReactNode;
  glyph?: GlyphName;
  bare?: boolean;
}

export function Mark({ tone, children, glyph, bare = false }: Props) {
  return (
    <span className={styles.mark} data-tone={tone} data-bare={bare}>
      <Glyph name={glyph ?? SIGNS[tone]} size={12} />
      <span>{children}</span>
    </span>
  );
}
