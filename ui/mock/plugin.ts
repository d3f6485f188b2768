// Serves the mock from the development server; never part of a build.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";
import { answer, standing } from "./answers";

const PREFIX = "/api/v1";

export function mock(): Plugin {
  return {
    name: "vultus-mock",
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const url = request.url ?? "";
        if (!url.startsWith(PREFIX)) return next();
        if (url.startsWith(`${PREFIX}/updates`)) return stream(response);
        void reply(request, response, url.slice(PREFIX.length));
      });
    },
  };
}

function stream(response: ServerResponse): void {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  response.write(`event: changed\ndata: {"position": ${standing()}, "streams": []}\n\n`);
}

async function reply(request: IncomingMessage, response: ServerResponse, path: string) {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString();
  const body = text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {};
  const { status, body: said, type, etag } = answer(request.method ?? "GET", path, body);
  const headers: Record<string, string> = {
    "Content-Type": type ?? "application/json",
    "X-Vultus-Position": String(standing()),
    "X-Vultus-Lag": "0",
  };
  if (etag !== undefined) headers.ETag = `"${etag}"`;
  response.writeHead(status, headers);
  response.end(said === undefined ? undefined : typeof said === "string" ? said : JSON.stringify(said));
}
