// Trace, audit trail and the health of the record.

export interface TraceNode {
  id: string;
  kind: string;
  layer: number;
  title: string;
  detail: string;
  seq?: number | null;
  at?: string | null;
  digest?: string | null;
  verified: boolean;
  why: string;
  stream?: string | null;
}

export interface TraceEdge {
  from: string;
  to: string;
  label: string;
}

export interface Trace {
  nodes: TraceNode[];
  edges: TraceEdge[];
  root: string;
}

export interface AuditItem {
  seq: number;
  at: string;
  name: string;
  title: string;
  actor_kind: string;
  actor_name?: string | null;
  stream: string;
  device_sequence?: number | null;
  received_at?: string | null;
  device_time?: string | null;
  correlation: string;
  causation?: number | null;
  erased: boolean;
  detail?: string | null;
}

export interface AuditTrail {
  items: AuditItem[];
  next?: number | null;
}

export interface LedgerHealth {
  size: number;
  root: string;
  checkpoint?: { size: number; root: string; at: string; text: string } | null;
  outside_copy?: { size: number; at: string; agrees?: boolean } | string | null;
  last_verified?: { size: number; at: string; ok: boolean; problems: string[] } | null;
  projections: { name: string; position: number; lag: number; stalled: boolean | string | null }[];
  log_key: string;
}
