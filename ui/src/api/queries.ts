// What can be read, each with the key under which it is kept.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, client, readPlain } from "./client";
import { wholePage } from "./looks";
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

export const worklist = (show: t.Show, query: string) =>
  infiniteQueryOptions({
    queryKey: ["worklist", show, query],
    queryFn: ({ pageParam: before }) =>
      answer(
        client.GET("/worklist", { params: { query: { show, query, before } } }),
      ) as Promise<t.Worklist>,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: keepPreviousData,
  });

/** Names travel in the body of a search, never in an address; each look at one is recorded. */
export const subjects = (query: string, identify: boolean) =>
  infiniteQueryOptions({
    queryKey: ["subjects", query, identify],
    queryFn: ({ pageParam: before }) =>
      identify && query.trim().length >= SHORTEST_NAME
        ? answer(client.POST("/subjects/search", { body: { query: query.trim(), before } }))
        : answer(client.GET("/subjects", { params: { query: { query, before } } })),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: keepPreviousData,
  });

export const subject = (subject: string) =>
  queryOptions({
    queryKey: ["subject", subject],
    queryFn: () =>
      answer(client.GET("/subjects/{subject}", { params: { path: { subject } } })) as Promise<t.Subject>,
  });

/** What lies before the part of a subject's timeline that comes with the subject. */
export const timeline = (subject: string, first: number) =>
  infiniteQueryOptions({
    queryKey: ["subject", subject, "timeline", first],
    queryFn: ({ pageParam: before }) =>
      answer(
        client.GET("/subjects/{subject}/timeline", {
          params: { path: { subject }, query: { before } },
        }),
      ),
    initialPageParam: first,
    getNextPageParam: (last) => last.next ?? undefined,
    enabled: false,
  });

export const models = queryOptions({
  queryKey: ["models"],
  queryFn: () => answer(client.GET("/model-releases")) as Promise<{ items: t.Model[] }>,
});

/** What was signed never changes. */
export const modelManifest = (release: string) =>
  queryOptions({
    queryKey: ["model-manifest", release],
    queryFn: () =>
      answer(
        client.GET("/model-releases/{release}/manifest", { params: { path: { release } } }),
      ) as Promise<{ release: string; manifest: t.ModelManifest }>,
    staleTime: Number.POSITIVE_INFINITY,
  });

export const shadow = (release: string) =>
  queryOptions({
    queryKey: ["models", release, "shadow"],
    queryFn: () =>
      answer(client.GET("/model-releases/{release}/shadow", { params: { path: { release } } })),
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

export const claims = queryOptions({
  queryKey: ["claims"],
  queryFn: () => answer(client.GET("/claims")) as Promise<object> as Promise<{ items: t.Claim[] }>,
});

export const studies = queryOptions({
  queryKey: ["studies"],
  queryFn: () => answer(client.GET("/studies")) as Promise<object> as Promise<{ items: t.Study[] }>,
});

export const study = (study: string) =>
  queryOptions({
    queryKey: ["studies", study],
    queryFn: () =>
      answer(client.GET("/studies/{study}", { params: { path: { study } } })) as Promise<object> as Promise<t.StudyDetail>,
  });

export const people = queryOptions({
  queryKey: ["people"],
  queryFn: () => answer(client.GET("/practitioners")),
});

export const person = (practitioner: string) =>
  queryOptions({
    queryKey: ["people", practitioner],
    queryFn: () => answer(client.GET("/practitioners/{practitioner}", { params: { path: { practitioner } } })),
  });

/** Sessions and reports that rest on a claim or a calibration. */
export const restingOn = (kind: "claim" | "calibration", identifier: string) =>
  queryOptions({
    queryKey: ["affected", kind, identifier],
    queryFn: () => answer(client.GET("/trace/affected", { params: { query: { kind, identifier } } })),
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

/** A page never ends within reads of one thing that are told together. */
export const auditTrail = (filter: AuditFilter) =>
  queryOptions({
    queryKey: ["audit-trail", filter],
    queryFn: () =>
      wholePage(
        (before) =>
          answer(
            client.GET("/audit-trail", {
              params: { query: { ...filter, before, limit: AUDIT_PAGE } },
            }),
          ),
        filter.before,
      ),
    placeholderData: (earlier) => earlier,
  });

const QUIET_MS = 15_000;
const WATCHED_MS = 2_000;

/** How far the screens are; asked more often while there is something to wait for. */
export const standings = queryOptions({
  queryKey: ["standings"],
  queryFn: () => answer(client.GET("/record/projections")),
  refetchInterval: ({ state: { data } }) =>
    data === undefined || (data.lag_records === 0 && !data.stalled && !data.rebuilding)
      ? QUIET_MS
      : WATCHED_MS,
});

/** Whether something can be recorded. */
export const storage = queryOptions({
  queryKey: ["storage"],
  queryFn: () => answer(client.GET("/record/storage")),
  refetchInterval: ({ state: { data } }) => (data?.writable === false ? 5_000 : 60_000),
});

/** What may change without anything being recorded is asked for again. */
export const ledgerHealth = queryOptions({
  queryKey: ["ledger", "health"],
  queryFn: () => answer(client.GET("/ledger/health")),
  refetchInterval: QUIET_MS,
});

export const outside = queryOptions({
  queryKey: ["ledger", "outside"],
  queryFn: () => answer(client.GET("/ledger/outside")) as Promise<t.Outside>,
  refetchInterval: QUIET_MS,
});

export const logKeys = queryOptions({
  queryKey: ["ledger", "log-keys"],
  queryFn: () => answer(client.GET("/ledger/log-keys")),
});
