import { findSource } from "../../db/source-progress.ts";
import { findVersion } from "../../db/version-search.ts";
import type { HttpDeps } from "../deps.ts";
import { objectUri } from "../object-uri.ts";
import type { VersionPageProps } from "./version.tsx";

/** What a version's page shows; undefined when there is no such object. */
export async function readVersion(
  { db, lake }: Pick<HttpDeps, "db" | "lake">,
  objectId: number,
): Promise<VersionPageProps | undefined> {
  const version = await findVersion(db, objectId);
  if (!version) return undefined;
  const source = await findSource(db, version.sourceId);
  return {
    version,
    sourceName: source?.name,
    uri: objectUri(version, lake),
    now: new Date(),
  };
}
