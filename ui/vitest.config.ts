// How the unit tests run: in a simulated page, without the development server.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { environment: "jsdom", include: ["tests/**/*.test.{ts,tsx}"], css: false },
});
