// Starts the web interface.
// The order matters: it decides which style layer yields to which.
import "./instrument.css";
import "@mantine/core/styles.layer.css";
import { MantineProvider } from "@mantine/core";
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BEING_REBUILT, isProblem } from "./api/problem";
import { me } from "./api/queries";
import { createAppRouter } from "./router";
import { colourVariables, theme } from "./theme";

const MOST_RETRIES = 3;

/** The nonce of this very answer, under which the library may write its own style element. */
function nonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="vultus-nonce"]')?.content ?? "";
}

const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    // A sign-in that ended shows first in whatever is read next: ask who is signed in.
    onError: (error, query) => {
      if (isProblem(error, 401) && query.queryKey[0] !== me.queryKey[0]) {
        void queries.invalidateQueries({ queryKey: me.queryKey });
      }
    },
  }),
  defaultOptions: {
    queries: {
      // A refusal is an answer; only silence and overload are worth asking again.
      retry: (tries, error) =>
        tries < MOST_RETRIES &&
        (isProblem(error, 0) || (isProblem(error, 503) && error.slug !== BEING_REBUILT)),
      refetchInterval: ({ state: { error } }) =>
        isProblem(error, 0) || (isProblem(error) && error.slug === BEING_REBUILT) ? 5_000 : false,
      staleTime: 5_000,
    },
  },
});

// The part that keeps the page still under a dialog looks for its nonce under this name.
Object.assign(globalThis, { __webpack_nonce__: nonce() });

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root");
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={colourVariables}
      getStyleNonce={nonce}
      forceColorScheme="light"
    >
      <QueryClientProvider client={queries}>
        <RouterProvider router={createAppRouter()} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
