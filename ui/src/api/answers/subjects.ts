// Subjects and what they consented to.
import type { Recorded } from "./access";

export interface SubjectRow {
  subject: string;
  pseudonym: string;
  display_name: string | null;
  erased: boolean;
  sessions: number;
  last_session_at: string | null;
}

export interface Identity {
  given_name: string;
  family_name: string;
  date_of_birth: string;
  clinic_number: string;
}

export interface Consent {
  purpose: string;
  state: "granted" | "declined" | "withdrawn" | "none";
  wording_version: string | null;
  language: string | null;
  given_by: string | null;
  valid_until: string | null;
  at: string | null;
}

export interface ErasureRequest {
  reason: string;
  requested_by: string;
  requested_at: string;
  refused_because: string | null;
  digest: string | null;
}

export interface TimelineItem {
  seq: number;
  at: string;
  kind: string;
  title: string;
  detail: string;
  session: string | null;
  assessment: string | null;
  report?: string | null;
}

export interface Subject {
  subject: string;
  pseudonym: string;
  identity: Identity | null;
  erased_at: string | null;
  holds: string[];
  erasure_request: ErasureRequest | null;
  consents: Consent[];
  timeline: TimelineItem[];
  version: number;
}

export interface Wording {
  version: string;
  language: string;
  purpose: string;
  text: string;
  digest: string;
}

export interface Erased extends Recorded {
  erased: boolean;
  ground: string | null;
  certificate: string | null;
}
