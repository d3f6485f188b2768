// Builds the web interface into the folder the service serves; in development, a mock answers.
import { copyFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { defineConfig, type Plugin, type UserConfig } from "vite";

const SWAGGER_FILES = ["swagger-ui.css", "swagger-ui-bundle.js"];

/** Copies the files of the documentation viewer beside its page, so that no other host is asked. */
function documentation(): Plugin {
  let folder = "";
  return {
    name: "vultus-documentation",
    apply: "build",
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir, "docs");
    },
    closeBundle() {
      const packaged = dirname(
        createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"),
      );
      mkdirSync(folder, { recursive: true });
      for (const file of SWAGGER_FILES) copyFileSync(join(packaged, file), join(folder, file));
    },
  };
}

export default defineConfig(async ({ command, mode }): Promise<UserConfig> => {
  const plugins: Plugin[] = [documentation()];
  // The mock is loaded in development alone; nothing of it reaches a build.
  if (command === "serve" && mode === "mock") plugins.push((await import("./mock/plugin")).mock());
  return {
    plugins,
    build: {
      outDir: "../api/static",
      emptyOutDir: true,
      target: "es2023",
      reportCompressedSize: false,
      chunkSizeWarningLimit: 900,
      rolldownOptions: {
        // Marks for servers that render components; there is none here.
        onwarn: (warning, warn) => {
          if (warning.code !== "MODULE_LEVEL_DIRECTIVE") warn(warning);
        },
      },
      assetsInlineLimit: 0, // fonts and images come from our own address, never as data
    },
    server: { proxy: mode === "mock" ? {} : { "/api": "http://127.0.0.1:8000", "/version": "http://127.0.0.1:8000" } },
  };
});
