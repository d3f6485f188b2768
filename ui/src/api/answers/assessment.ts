// Assessments, findings and reports.
import type { Withheld } from "./capture";

export interface Finding {
  finding: string;
  category: string;
  code: string;
  label: string;
  value: number | null;
  unit: string | null;
  uncertainty: number | null;
  coverage_factor: number | null;
  text: string | null;
  confidence: number;
  quality_flags: string[];
  limitations: string[];
  needs_confirmation: boolean;
  verdict: "none" | "accepted" | "amended" | "rejected";
  amended_value?: number | null;
  amended_text?: string | null;
  reason_code?: string | null;
  reason?: string | null;
  origin: {
    inference: string;
    release_name: string;
    release_version: string;
    model_digest: string;
  };
}

export interface AssessmentFrame {
  attempt: string;
  view: string;
  role: string;
  digest: string;
  session: string;
}

export interface Artefact {
  name: string;
  legend: string;
  digest: string;
  inference: string;
  attempt: string;
}

export interface Signature {
  signer_name: string;
  meaning: string;
  signed_at: string;
  digest: string;
}

export interface Flag {
  cause: string;
  reason: string;
  at?: string | null;
}

export interface Amendment {
  number: number;
  text: string;
  signer_name: string;
  meaning?: string;
  signed_at: string;
  digest: string;
}

export interface AssessmentReport {
  report: string;
  number: string;
  digest: string;
  verification_code: string;
  issued_at: string;
  flags: Flag[];
}

export interface Assessment {
  assessment: string;
  session: string;
  subject: string;
  pseudonym: string;
  state: "open" | "signed" | "reported" | "amended";
  findings: Finding[];
  frames: AssessmentFrame[];
  artefacts: Artefact[];
  withheld: Withheld[];
  contraindications: string[];
  conclusion?: string | null;
  presentation: { digest: string; json: string };
  signature?: Signature | null;
  report?: AssessmentReport | null;
  amendments: Amendment[];
  previous?: {
    assessment: string;
    session: string;
    opened_at: string;
    findings: Record<string, { value: number | null; unit: string | null; text?: string | null }>;
  } | null;
  version: number;
}

export interface Report {
  report: string;
  number: string;
  assessment: string;
  session: string;
  subject: string;
  pseudonym: string;
  digest: string;
  signed_digest: string;
  verification_code: string;
  issued_at: string;
  renderer: string;
  pages: number;
  size_bytes: number;
  signature: Signature;
  flags: Flag[];
  amendments: Amendment[];
  version: number;
}

export interface KnownCode {
  known: boolean;
  number?: string;
  issued_at?: string;
  digest?: string;
  state?: string;
}
