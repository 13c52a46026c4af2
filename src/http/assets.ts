import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";

/** Where a file may lie, seen from this module: beside the bundle, in the source tree, in its package. */
const FOLDERS = ["./assets/", "./pages/assets/", "../../node_modules/htmx.org/dist/"];

const TYPES = {
  "longshore.css": "text/css; charset=utf-8",
  "htmx.min.js": "text/javascript; charset=utf-8",
  "icon.svg": "image/svg+xml",
} as const;

export type AssetName = keyof typeof TYPES;

export interface Asset {
  name: AssetName;
  /** Where it is served: the path changes with the content, so a copy is good for ever. */
  path: string;
  type: string;
  text: string;
}

export type Assets = Record<AssetName, Asset>;

/** Reads what the pages need besides themselves; throws when a file is missing. */
export function loadAssets(): Assets {
  return {
    "longshore.css": load("longshore.css"),
    "htmx.min.js": load("htmx.min.js"),
    "icon.svg": load("icon.svg"),
  };
}

function load(name: AssetName): Asset {
  const file = FOLDERS.map((folder) => new URL(folder + name, import.meta.url)).find((url) =>
    existsSync(url),
  );
  if (!file) throw new Error(`${name} lies neither beside the program nor in its source tree`);
  const text = readFileSync(file, "utf8");
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
  return { name, path: `/assets/${hash}/${name}`, type: TYPES[name], text };
}
