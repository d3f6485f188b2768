// Says that there is nothing, and why that is.
import type { ReactNode } from "react";

export function Empty({ children }: { children: ReactNode }) {
  return <p style={{ padding: "18px 14px", color: "var(--ink-3)", fontSize: "0.8125rem" }}>{children}</p>;
}
