// Addresses of pictures. Each full picture that is fetched is recorded as a look at it.
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
