// Signing in, problems, what was recorded, and the worklist.
import type { Gate } from "./capture";
import type { DeviceCard } from "./equipment";

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  rule?: string;
  evidence?: string;
  next_step?: string;
  gates?: Gate[];
  stream_version?: number;
  server_time?: string;
  correlation?: string;
}

export interface Recorded {
  stream: string;
  version: number;
  seq: number;
}

export interface Me {
  practitioner: string;
  display_name: string;
  roles: string[];
  permissions: string[];
  clinic: { id: string; name: string; time_zone: string; demo: boolean };
  build: { version: string; digest: string };
  idle_seconds: number;
}

/** What anyone may know of the running service; the clinic only where it says so. */
export interface Version {
  version: string;
  build: string;
  clinic?: string;
  demo?: boolean;
}

export interface Reauthentication {
  reauthentication: string;
  valid_seconds: number;
}

export type WorkKind =
  | "capture"
  | "analysis"
  | "review"
  | "sign"
  | "signed"
  | "done"
  | "attention"
  | "abandoned";

export interface WorkItem {
  kind: WorkKind;
  state_text: string;
  session: string;
  subject: string;
  pseudonym: string;
  device_serial: string | null;
  opened_at: string;
  updated_at: string;
  accepted: number;
  rejected: number;
  blocked: number;
  withheld: number;
  assessment: string | null;
  findings_total: number;
  findings_reviewed: number;
  report: string | null;
  report_number: string | null;
  flags: string[];
}

export interface Worklist {
  items: WorkItem[];
  devices: DeviceCard[];
  position: number;
}
