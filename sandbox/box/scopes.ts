/** What a request does to the item in its address. */
type Act = "see" | "download" | "upload" | "change" | "delete" | "share" | "other";

/** https://developer.box.com/guides/api-calls/permissions-and-errors/scopes/ */
const ALLOWED: Record<string, Act[]> = {
  root_readonly: ["see", "download"],
  root_readwrite: ["see", "download", "upload", "change", "delete", "share"],
  item_readonly: ["see", "download"],
  item_readwrite: ["see", "download", "upload", "change", "delete", "share"],
  item_download: ["see", "download"],
  item_preview: ["see"],
  item_upload: ["see", "upload"],
  item_rename: ["see", "change"],
  item_delete: ["see", "delete"],
  item_share: ["see", "share"],
  base_explorer: ["see"],
  base_picker: ["see"],
  base_preview: ["see"],
  base_upload: ["upload"],
  manage_webhook: ["other"],
};

/** Whether a token with these scopes may make such a request. */
export function permits(scope: string, method: string, path: string): boolean {
  const act = actOf(method, path);
  return scope.split(" ").some((name) => ALLOWED[name]?.includes(act));
}

function actOf(method: string, path: string): Act {
  if (!/^(\/api)?\/2\.0\/(files|folders)\b/.test(path))
    return method === "GET" && path.endsWith("/users/me") ? "see" : "other";
  if (method === "GET") return path.endsWith("/content") ? "download" : "see";
  if (method === "DELETE") return "delete";
  return method === "PUT" && !path.includes("/upload_sessions/") ? "change" : "upload";
}

/** `files/1` or `folders/1`, wherever the address leads; `null` for no item. */
export const itemIn = (address: string): string | null =>
  /\/2\.0\/((?:files|folders)\/\d+)/.exec(address)?.[1] ?? null;
