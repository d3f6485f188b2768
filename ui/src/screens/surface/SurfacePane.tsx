// A surface in its dark frame: fetched, then drawn by a part that is loaded only here.
import { Loader } from "@mantine/core";
import { lazy, Suspense } from "react";
import { isProblem } from "../../api/problem";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { bytesText } from "../../quantities";
import type { Surface } from "./described";
import styles from "./Surface.module.css";
import type { SurfaceQuery } from "./useSurface";

const SurfaceStage = lazy(async () => ({ default: (await import("./SurfaceStage")).SurfaceStage }));

interface Props {
  session: string;
  surface: Surface;
  query: SurfaceQuery;
  view: string;
  label: string;
}

export function SurfacePane({ session, surface, query, view, label }: Props) {
  if (query.data !== undefined) {
    const { mesh, summary } = query.data;
    return (
      <Suspense fallback={<Waiting>Getting ready to draw</Waiting>}>
        <SurfaceStage session={session} surface={surface} mesh={mesh} summary={summary} view={view} label={label} />
      </Suspense>
    );
  }
  if (query.error) {
    if (!isProblem(query.error)) throw query.error;
    return (
      <div className={styles.instead}>
        <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />
      </div>
    );
  }
  return <Waiting>Fetching the surface, {bytesText(surface.mesh.size_bytes)}</Waiting>;
}

function Waiting({ children }: { children: React.ReactNode }) {
  return (
    <div className={styles.instead} role="status">
      <Loader size="sm" color="gray" aria-hidden="true" />
      <p>{children}</p>
    </div>
  );
}
