// A surface beside the pictures of an assessment, fetched when it is chosen.
import type { Surface } from "./described";
import { SurfacePane } from "./SurfacePane";
import { useSurface } from "./useSurface";

interface Props {
  session: string;
  surface: Surface;
  view: string;
  label: string;
}

export function OpenedSurface({ session, surface, view, label }: Props) {
  const query = useSurface(session, surface);
  return <SurfacePane session={session} surface={surface} query={query} view={view} label={label} />;
}
