// The one door to the service: adds what every request owes and reads what every answer says.
import createClient, { type Middleware } from "openapi-fetch";
import type { paths } from "./paths";
import { ProblemError, problemFrom, unreachable } from "./problem";
import { atLeast, report } from "./standing";

export const PREFIX = "/api/v1";

const owed: Middleware = {
  onRequest({ request }) {
    request.headers.set("X-Vultus-Client", "ui");
    const least = atLeast();
    if (request.method === "GET" && least !== null) {
      request.headers.set("X-Vultus-At-Least", String(least));
    }
    return request;
  },
  onResponse({ response }) {
    noteStanding(response);
  },
};

export const client = createClient<paths>({
  baseUrl: PREFIX,
  fetch: (request) => globalThis.fetch(request),
});
client.use(owed);

function noteStanding(response: Response): void {
  const position = response.headers.get("X-Vultus-Position");
  if (position === null) return;
  const lag = Number(response.headers.get("X-Vultus-Lag") ?? 0);
  report({ position: Number(position), lag, asOf: new Date() });
}

interface Outcome<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** Reads one of the few addresses outside the programming interface proper. */
export async function readPlain<Data>(path: string): Promise<Data> {
  const response = await fetch(path, { headers: { Accept: "application/json" } });
  if (!response.ok) throw problemFrom(null, response.status);
  return (await response.json()) as Data;
}

/** Waits for an answer and returns its content; throws a `ProblemError` for anything else. */
export async function answer<Data>(call: Promise<Outcome<Data>>): Promise<Data> {
  let outcome: Outcome<Data>;
  try {
    outcome = await call;
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw unreachable();
  }
  if (!outcome.response.ok) throw problemFrom(outcome.error, outcome.response.status);
  return outcome.data as Data;
}

/** Headers of a request that changes the record. */
export function writing(key: string, version?: number): Record<string, string> {
  const headers: Record<string, string> = { "Idempotency-Key": key };
  if (version !== undefined) headers["If-Match"] = `"${version}"`;
  return headers;
}

/** Sends a request whose body or answer is not JSON, under the same rules. */
export async function sendRaw(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    const headers = { "X-Vultus-Client": "ui", ...(init.headers as Record<string, string>) };
    response = await fetch(`${PREFIX}${path}`, { ...init, headers });
  } catch {
    throw unreachable();
  }
  if (response.ok) return response;
  throw problemFrom(await response.json().catch(() => null), response.status);
}
