// Serves the mock from the development server, and beside a finished build; never part of one.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, resolve } from "node:path";
import type { Plugin } from "vite";
import { answer, standing } from "./answers";

const PREFIX = "/api/v1";

export function mock(): Plugin {
  return {
    name: "vultus-mock",
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        if (!answered(request, response)) next();
      });
    },
    configurePreviewServer(server) {
      const { root, build } = server.config;
      const page = join(resolve(root, build.outDir), "index.html");
      server.middlewares.use((request, response, next) => {
        const nonce = randomBytes(16).toString("base64url");
        response.setHeader("Content-Security-Policy", policy(nonce));
        if (answered(request, response)) return;
        if (extname((request.url ?? "").split("?")[0] ?? "") !== "") return next();
        response.setHeader("Content-Type", "text/html");
        response.end(readFileSync(page, "utf8").replaceAll("__CSP_NONCE__", nonce));
      });
    },
  };
}

/** The policy under which the service serves the interface. */
function policy(nonce: string): string {
  return (
    `default-src 'self'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; ` +
    "img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; object-src 'none'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
  );
}

function answered(request: IncomingMessage, response: ServerResponse): boolean {
  const url = request.url ?? "";
  if (url === "/version") void reply(request, response, url);
  else if (url.startsWith(`${PREFIX}/updates`)) stream(response);
  else if (url.startsWith(PREFIX)) void reply(request, response, url.slice(PREFIX.length));
  else return false;
  return true;
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
  const { status, body: said, type, etag, audit } = answer(request.method ?? "GET", path, body);
  const headers: Record<string, string> = {
    "Content-Type": type ?? "application/json",
    "X-Vultus-Position": String(standing()),
    "X-Vultus-Lag": "0",
  };
  if (etag !== undefined) headers.ETag = `"${etag}"`;
  if (audit !== undefined) headers["X-Vultus-Audit"] = String(audit);
  response.writeHead(status, headers);
  if (said === undefined) response.end();
  else response.end(typeof said === "string" || said instanceof Uint8Array ? said : JSON.stringify(said));
}
