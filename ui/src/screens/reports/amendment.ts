// The exact bytes that an amendment's signature covers, as the service computes them.
import type { Report } from "../../api/types";

const FORMAT = "vultus/amendment/v1";

type Amended = Pick<Report, "assessment" | "amendments" | "signed_digest">;

/**
 * The amendment as canonical JSON: names in order, no spaces.
 * Source: RFC 8785; all values here are texts and small whole numbers, which JSON.stringify writes
 * in the canonical way.
 */
export function amendmentBytes(detail: Amended, text: string): string {
  return JSON.stringify({
    amends: [detail.signed_digest, ...detail.amendments.map((each) => each.digest)],
    assessment: detail.assessment,
    format: FORMAT,
    number: detail.amendments.length + 1,
    text,
  });
}

export async function amendmentDigest(detail: Amended, text: string): Promise<string> {
  const bytes = new TextEncoder().encode(amendmentBytes(detail, text));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `sha256:${[...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
