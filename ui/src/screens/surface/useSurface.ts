// Fetches a recorded surface; each fetch is recorded as a look at it, so it happens once per visit.
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { sendRaw } from "../../api/client";
import { surfacePath } from "../../api/images";
import { ProblemError } from "../../api/problem";
import type { Surface } from "./described";
import { readSurface, type SurfaceMesh, UnreadableSurface } from "./ply";
import { type Summary, summaryOf } from "./summary";

export interface Fetched {
  mesh: SurfaceMesh;
  summary: Summary;
  /** Where in the record the look stands. */
  audit: string | null;
}

export type SurfaceQuery = UseQueryResult<Fetched>;

export function useSurface(session: string, surface: Surface | null): SurfaceQuery {
  const digest = surface?.mesh.digest ?? "";
  return useQuery({
    queryKey: ["surface-content", session, digest],
    queryFn: async ({ signal }) => {
      const sent = await sendRaw(surfacePath(digest, session), { signal });
      const mesh = readOrSay(await sent.arrayBuffer());
      return { mesh, summary: summaryOf(mesh), audit: sent.headers.get("X-Vultus-Audit") };
    },
    enabled: surface !== null,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    structuralSharing: false,
  });
}

function readOrSay(content: ArrayBuffer): SurfaceMesh {
  try {
    return readSurface(content);
  } catch (error) {
    if (!(error instanceof UnreadableSurface)) throw error;
    throw new ProblemError({
      type: "urn:vultus:problem:unreadable-surface",
      title: "The surface cannot be drawn",
      status: 422,
      detail: error.message,
      next_step: "Take the file away and have it looked at; its digest in the record tells whether it is what was stored.",
    });
  }
}
