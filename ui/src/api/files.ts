// Files that a person chooses: sent as they are, and read here only where the service asks for what
// stands in them.
import { sendRaw, writing } from "./client";
import { unreadable } from "./problem";
import type { Recorded } from "./types";

export type Parts = Record<string, File | string>;

/** Sends files and fields as one form, once per intention. */
export async function sendForm(path: string, parts: Parts, key: string): Promise<Recorded> {
  const body = new FormData();
  for (const [name, part] of Object.entries(parts)) body.append(name, part);
  const sent = await sendRaw(path, { method: "POST", body, headers: writing(key) });
  return (await sent.json()) as Recorded;
}

/** Reads a file that holds one JSON object; any other is refused here as the service would. */
export async function objectIn(file: File, madeBy: string): Promise<Record<string, unknown>> {
  let found: unknown = null;
  try {
    found = JSON.parse(await file.text());
  } catch {
    // Told below, like anything else that is no object.
  }
  if (typeof found !== "object" || found === null || Array.isArray(found)) throw unreadable(file.name, madeBy);
  return found as Record<string, unknown>;
}
