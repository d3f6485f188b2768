// What can be read, each with the key under which it is kept.
import { queryOptions } from "@tanstack/react-query";
import { answer, client, readPlain } from "./client";
import type * as t from "./types";

const SHORTEST_NAME = 2;

export const me = queryOptions({
  queryKey: ["me"],
  queryFn: () => answer(client.GET("/me")),
  staleTime: 60_000,
});

export const version = queryOptions({
  queryKey: ["version"],
  queryFn: () => readPlain<t.Version>("/version"),
  staleTime: 60_000,
});

export const worklist = queryOptions({
  queryKey: ["worklist"],
  queryFn: () => answer(client.GET("/worklist")) as Promise<t.Worklist>,
});

/** Names travel in the body of a search, never in an address; each look at one is recorded. */
export const subjects = (query: string, identify: boolean) =>
  queryOptions({
    queryKey: ["subjects", query, identify],
    queryFn: () =>
      identify && query.trim().length >= SHORTEST_NAME
        ? answer(client.POST("/subjects/search", { body: { query: query.trim() } }))
        : answer(client.GET("/subjects", { params: { query: { query } } })),
    placeholderData: (earlier) => earlier,
  });

export const subject = (subject: string) =>
  queryOptions({
    queryKey: ["subject", subject],
    queryFn: () =>
      answer(client.GET("/subjects/{subject}", { params: { path: { subject } } })) as Promise<t.Subject>,
  });

export const wordings = queryOptions({
  queryKey: ["wordings"],
  queryFn: () => answer(client.GET("/consent-wordings")),
  staleTime: 300_000,
});

export const session = (session: string) =>
  queryOptions({
    queryKey: ["capture-session", session],
    queryFn: () =>
      answer(
        client.GET("/capture-sessions/{session}", { params: { path: { session } } }),
      ) as Promise<t.Session>,
  });

export const devices = queryOptions({
  queryKey: ["devices"],
  queryFn: () => answer(client.GET("/devices")) as Promise<{ items: t.DeviceCard[] }>,
});

export const device = (device: string) =>
  queryOptions({
    queryKey: ["device", device],
    queryFn: () =>
      answer(client.GET("/devices/{device}", { params: { path: { device } } })) as Promise<object> as Promise<t.Device>,
  });

export const protocols = queryOptions({
  queryKey: ["protocols"],
  queryFn: () => answer(client.GET("/acquisition-protocols")),
});

export const assessment = (assessment: string) =>
  queryOptions({
    queryKey: ["assessment", assessment],
    queryFn: () =>
      answer(
        client.GET("/assessments/{assessment}", { params: { path: { assessment } } }),
      ) as Promise<t.Assessment>,
  });

/** The digest that a signature under these words would cover, as the service computes it. */
export const amendmentDigest = (assessment: string, version: number, text: string) =>
  queryOptions({
    queryKey: ["amendment-digest", assessment, version, text],
    queryFn: () =>
      answer(
        client.POST("/assessments/{assessment}/amendments/digest", {
          params: { path: { assessment } },
          body: { text },
        }),
      ),
    enabled: text !== "",
  });

export const report = (report: string) =>
  queryOptions({
    queryKey: ["report", report],
    queryFn: () =>
      answer(client.GET("/reports/{report}", { params: { path: { report } } })) as Promise<object> as Promise<t.Report>,
  });

export const knownCode = (code: string) =>
  queryOptions({
    queryKey: ["verify-code", code],
    queryFn: () => answer(client.GET("/verify-code/{code}", { params: { path: { code } } })),
  });

export const trace = (report: string) =>
  queryOptions({
    queryKey: ["trace", report],
    queryFn: () =>
      answer(client.GET("/trace/reports/{report}", { params: { path: { report } } })),
  });

export interface AuditFilter {
  before?: number;
  actor?: string;
  stream?: string;
  name?: string;
}

export const AUDIT_PAGE = 50;

export const auditTrail = (filter: AuditFilter) =>
  queryOptions({
    queryKey: ["audit-trail", filter],
    queryFn: () =>
      answer(
        client.GET("/audit-trail", { params: { query: { ...filter, limit: AUDIT_PAGE } } }),
      ),
    placeholderData: (earlier) => earlier,
  });

export const ledgerHealth = queryOptions({
  queryKey: ["ledger"],
  queryFn: () => answer(client.GET("/ledger/health")),
});
