// Addresses of pictures and surfaces. Each one that is fetched whole is recorded as a look at it.
import { PREFIX } from "./client";

export function imageUrl(digest: string, session: string): string {
  return `${PREFIX}/images/${digest}?session=${session}&purpose=care`;
}

export function previewUrl(digest: string, session: string, width: number): string {
  return `${PREFIX}/images/${digest}/preview?session=${session}&width=${width}`;
}

export function artefactUrl(digest: string, session: string): string {
  return `${PREFIX}/artefacts/${digest}?session=${session}`;
}

export function pageUrl(report: string, page: number): string {
  return `${PREFIX}/reports/${report}/pages/${page}.png`;
}

export function surfaceUrl(digest: string, session: string, form: "ply" | "obj" | "stl" | "zip"): string {
  return `${PREFIX}${surfacePath(digest, session)}&form=${form}`;
}

/** The recorded surface, below the common beginning of addresses. */
export function surfacePath(digest: string, session: string): string {
  return `/surfaces/${digest}?session=${session}&purpose=care`;
}

export function depthMapUrl(digest: string, session: string): string {
  return `${PREFIX}/depth-maps/${digest}?session=${session}&purpose=care`;
}

/** A map that is made of a recorded depth map when it is asked for. */
export function madeOfDepthUrl(digest: string, session: string, made: "heights" | "normals"): string {
  return `${PREFIX}/depth-maps/${digest}/${made}?session=${session}&purpose=care`;
}
