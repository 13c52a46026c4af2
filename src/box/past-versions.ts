import { FileVersionsManager } from "box-typescript-sdk-gen/managers";

import type { VersionFact } from "../core/change.ts";
import type { FileId } from "../core/ids.ts";
import type { Log } from "../log.ts";
import { expected } from "./api.ts";
import { PAGE } from "./folder-pages.ts";
import { readPastVersions, VERSION_FIELDS } from "./items.ts";
import { fieldsOf, listOf, sizeOf } from "./json.ts";
import type { Ask } from "./sdk.ts";

/** Box refuses offsets above this: older versions of a file cannot be listed. */
const LAST_OFFSET = 10_000;

/**
 * The past versions of a file that can be downloaded, page by page to the last that Box lists. Those that
 * it does not list, and rows that lack a fact, are told in the log. Throws `not_found` for a file that
 * Box does not show.
 */
export async function listPastVersions(
  ask: Ask,
  log: Log,
  file: FileId,
  signal?: AbortSignal,
): Promise<VersionFact[]> {
  const versions: VersionFact[] = [];
  let offset = 0;
  let total: number | undefined;
  let isEnd = false;
  while (!isEnd && offset <= LAST_OFFSET) {
    const query = { queryParams: { fields: VERSION_FIELDS, limit: PAGE, offset } };
    const page = fieldsOf(
      await ask(
        "versions",
        (sdk) => new FileVersionsManager(sdk).getFileVersions(file, query),
        signal,
      ),
    );
    const rows = expected(listOf(page["entries"]), "a file's versions");
    const read = readPastVersions(rows);
    versions.push(...read.versions);
    if (read.odd > 0)
      log.warn(
        { "file.id": file, odd: read.odd },
        `${read.odd} past versions of file ${file} lack an id, a size, a SHA-1 or a name`,
      );
    // Box may grant a smaller page than asked for, and counts rows that it does not show.
    offset += sizeOf(page["limit"]) || rows.length || PAGE;
    total = sizeOf(page["total_count"]);
    // Its schema promises neither number: then only a page without rows is the end.
    isEnd = total === undefined ? rows.length === 0 : offset >= total;
  }
  if (!isEnd)
    log.warn(
      { "file.id": file, total },
      `File ${file} has ${total ?? "many"} past versions: Box lists the newest ${LAST_OFFSET + PAGE} only`,
    );
  return versions;
}
