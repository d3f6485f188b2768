// The addresses the screens use, with what they take and give.
import type * as t from "./types";

type Parameters<Path, Query> = {
  query?: Query;
  header?: never;
  cookie?: never;
} & ([Path] extends [never] ? { path?: never } : { path: Path });

interface Answers<Answer> {
  200: { headers: Record<string, unknown>; content: { "application/json": Answer } };
}

interface Reads<Answer, Path = never, Query = never> {
  get: { parameters: Parameters<Path, Query>; responses: Answers<Answer> };
}

interface Operation<Body, Answer, Path> {
  parameters: Parameters<Path, never>;
  requestBody: { content: { "application/json": Body } };
  responses: Answers<Answer>;
}

interface Posts<Body, Answer = t.Recorded, Path = never> {
  post: Operation<Body, Answer, Path>;
}

interface Puts<Body, Answer = t.Recorded, Path = never> {
  put: Operation<Body, Answer, Path>;
}

interface Signed {
  reauthentication: string;
  digest: string;
}

type Nothing = Record<string, never>;
type Items<Item> = { items: Item[] };

export interface paths {
  "/sign-in": Posts<{ account: string; password: string; code: string }, t.Me>;
  "/sign-out": Posts<Nothing, undefined>;
  "/me": Reads<t.Me>;
  "/reauthentications": Posts<{ password?: string; code: string }, t.Reauthentication>;
  "/worklist": Reads<t.Worklist>;
  "/subjects": Reads<Items<t.SubjectRow>, never, { query?: string }> &
    Posts<t.Identity & { pseudonym?: string }, t.Recorded & { subject: string; pseudonym: string }>;
  "/subjects/{subject}": Reads<t.Subject, { subject: string }>;
  "/subjects/{subject}/consents": Posts<
    {
      purpose: string;
      decision: "grant" | "decline" | "withdraw";
      wording_version: string;
      language: string;
      given_by: string;
      reason: string;
    },
    t.Recorded,
    { subject: string }
  >;
  "/consent-wordings": Reads<Items<t.Wording>>;
  "/subjects/{subject}/legal-hold": Posts<
    { ground: string; place: boolean; reason: string },
    t.Recorded,
    { subject: string }
  >;
  "/subjects/{subject}/erasure-requests": Posts<
    { reason: string },
    t.Recorded,
    { subject: string }
  >;
  "/subjects/{subject}/erasure": Posts<Signed, t.Erased, { subject: string }>;
  "/capture-sessions": Posts<
    { subject: string; device: string | null; protocol: string; purpose: string; prompts: t.Prompts },
    t.SessionOpened
  >;
  "/capture-sessions/{session}": Reads<t.Session, { session: string }>;
  "/capture-sessions/{session}/close": Posts<Nothing, t.Recorded, { session: string }>;
  "/capture-sessions/{session}/abandon": Posts<
    { reason: string },
    t.Recorded,
    { session: string }
  >;
  "/devices": Reads<Items<t.DeviceCard>>;
  "/devices/{device}": Reads<t.Device, { device: string }>;
  "/devices/{device}/calibrations/{calibration}/lock": Posts<
    Signed,
    t.Recorded,
    { device: string; calibration: string }
  >;
  "/devices/{device}/calibrations/{calibration}/invalidate": Posts<
    { reason: string },
    t.Recorded,
    { device: string; calibration: string }
  >;
  "/devices/{device}/quarantine": Posts<{ reason: string }, t.Recorded, { device: string }>;
  "/devices/{device}/release": Posts<{ reason: string }, t.Recorded, { device: string }>;
  "/acquisition-protocols": Reads<Items<t.AcquisitionProtocol>>;
  "/assessments/{assessment}": Reads<t.Assessment, { assessment: string }>;
  "/assessments/{assessment}/findings/{finding}": Puts<
    {
      verdict: "accepted" | "amended" | "rejected";
      value?: number;
      text?: string;
      reason_code?: string;
      reason?: string;
    },
    t.Recorded,
    { assessment: string; finding: string }
  >;
  "/assessments/{assessment}/conclusion": Puts<
    { text: string },
    t.Recorded,
    { assessment: string }
  >;
  "/assessments/{assessment}/sign-off": Posts<
    Signed & { meaning: string },
    t.Recorded,
    { assessment: string }
  >;
  "/assessments/{assessment}/amendments": Posts<
    Signed & { text: string },
    t.Recorded,
    { assessment: string }
  >;
  "/reports/{report}": Reads<t.Report, { report: string }>;
  "/verify-code/{code}": Reads<t.KnownCode, { code: string }>;
  "/trace/reports/{report}": Reads<t.Trace, { report: string }, { direction?: "back" }>;
  "/audit-trail": Reads<
    t.AuditTrail,
    never,
    { before?: number; limit?: number; actor?: string; stream?: string; name?: string }
  >;
  "/ledger/health": Reads<t.LedgerHealth>;
  "/ledger/verify": Posts<Nothing, { ok: boolean; size: number; problems: string[] }>;
}
