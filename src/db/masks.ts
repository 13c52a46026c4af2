import { and, eq, ne } from "drizzle-orm";
import { type AccountId, folderId, sourceId } from "../core/ids.ts";
import { compileMask } from "../core/mask.ts";
import type { SourceMask } from "../core/membership.ts";
import type { Queryable } from "./open.ts";
import { sources } from "./schema.ts";

export type LiveSource = SourceMask & { slug: string };

/** The sources of an account that still want files: paused ones too, since their debts are kept. */
export async function liveSources(db: Queryable, account: AccountId): Promise<LiveSource[]> {
  const found = await db
    .select({
      id: sources.id,
      slug: sources.slug,
      folderId: sources.folderId,
      include: sources.include,
      exclude: sources.exclude,
    })
    .from(sources)
    .where(and(eq(sources.accountId, account), ne(sources.state, "deleted")));
  return found.map((row) => ({
    sourceId: sourceId(row.id),
    slug: row.slug,
    folderId: folderId(row.folderId),
    matches: compiled(row),
  }));
}

/** Compiling costs more than matching a page of names, and masks change once in a month. */
const kept = new Map<string, ReturnType<typeof compileMask>>();
const KEPT_MASKS = 1000;

function compiled(mask: { include: string[]; exclude: string[] }) {
  const key = JSON.stringify([mask.include, mask.exclude]);
  let matches = kept.get(key);
  if (!matches) {
    matches = compileMask(mask);
    if (kept.size >= KEPT_MASKS) kept.clear();
    kept.set(key, matches);
  }
  return matches;
}
