// How the unit tests run: only those that draw ask for a simulated page, all without the development server.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { environment: "node", pool: "threads", include: ["tests/**/*.test.{ts,tsx}"], css: false, setupFiles: ["tests/page.ts"], testTimeout: 60_000 },
});
