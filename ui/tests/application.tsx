// The shipped application in a simulated page, with the mock's answers behind its one door.
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import { cleanup, configure, render } from "@testing-library/react";
import { afterAll, vi } from "vitest";
import { answer, type Reply } from "../mock/answers";
import { report } from "../src/api/standing";
import { createAppRouter } from "../src/router";
import { theme } from "../src/theme";

// A machine that does other things meanwhile takes its time; what never comes fails all the same.
configure({ asyncUtilTimeout: 20_000 });

// A dialog that closed gives the focus back a moment later; by then its page may be gone.
afterAll(cleanup);

export interface Sent {
  method: string;
  path: string;
  headers: Headers;
  body: Record<string, unknown>;
  form: FormData | null;
}

/** Starts the application at an address; answers may be replaced to make things go wrong. */
export function start(
  address: string,
  instead: (sent: Sent) => Reply | undefined = () => undefined,
): Sent[] {
  cleanup();
  const sent: Sent[] = [];
  vi.stubGlobal("EventSource", Silent);
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
  vi.stubGlobal("ResizeObserver", class extends Silent {});
  vi.stubGlobal("fetch", async (input: Request | string, init?: RequestInit) => {
    const request = input instanceof Request ? input : new Request(input, init);
    const path = request.url.replace(/^http:\/\/[^/]+/, "").replace("/api/v1", "");
    const text = await request.text();
    const body = text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {};
    const form = init?.body instanceof FormData ? init.body : null;
    const one = { method: request.method, path, headers: request.headers, body, form };
    sent.push(one);
    const reply = instead(one) ?? answer(request.method, path, body);
    const headers = new Headers({ "Content-Type": reply.type ?? "application/json" });
    if (reply.audit !== undefined) headers.set("X-Vultus-Audit", String(reply.audit));
    return new Response(contentOf(reply), { status: reply.status, headers });
  });
  Element.prototype.scrollIntoView = () => undefined;
  report({ position: 1, lag: 0, asOf: new Date(), connection: "live" });
  const router = createAppRouter(createMemoryHistory({ initialEntries: [address] }));
  render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  return sent;
}

function contentOf({ body }: Reply): BodyInit | null {
  if (body === undefined) return null;
  return body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body);
}

/** Stands in for parts of a browser that only listen. */
class Silent {
  addEventListener(): void {}
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
  close(): void {}
}
