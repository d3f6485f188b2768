// Asks for the plane of a surface's depth and tells the heights above it; each asking is a recorded look,
// so it happens when heights are first wanted, and once per visit.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { answer, client } from "../../api/client";
import type { Surface } from "./described";
import { type HeightScale, heightScale, heightsOf } from "./heights";
import type { SurfaceMesh } from "./ply";

export interface Heights {
  mm: Float32Array;
  scale: HeightScale;
}

export interface HeightsAsked {
  heights: Heights | null;
  error: unknown;
  again: () => void;
}

export function useHeights(session: string, surface: Surface, mesh: SurfaceMesh, wanted: boolean): HeightsAsked {
  const digest = surface.depth;
  const { data: plane, error, refetch } = useQuery({
    queryKey: ["reference-plane", session, digest],
    queryFn: () =>
      answer(client.GET("/depth-maps/{digest}/plane", { params: { path: { digest }, query: { session, purpose: "care" } } })),
    enabled: wanted,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const heights = useMemo(() => {
    if (plane === undefined) return null;
    const mm = heightsOf(mesh.points, plane);
    return { mm, scale: heightScale(mm) };
  }, [mesh, plane]);
  return { heights, error, again: () => void refetch() };
}
