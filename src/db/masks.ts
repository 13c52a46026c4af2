import { and, eq, ne } from "drizzle-orm";
import { type AccountId, folderId, sourceId } from "../core/ids.ts";
import { type CompiledMask, compileMask, type Mask } from "../core/mask.ts";
import type { SourceRules } from "../core/membership.ts";
import type { Queryable } from "./open.ts";
import { sources } from "./schema.ts";

export interface LiveSource extends SourceRules {
  slug: string;
}

/** The sources of an account that still want files: paused ones too, since their debts are kept. */
export async function liveSources(db: Queryable, account: AccountId): Promise<LiveSource[]> {
  const found = await db
    .select({ ...COLUMNS, slug: sources.slug })
    .from(sources)
    .where(and(eq(sources.accountId, account), ne(sources.state, "deleted")));
  return found.map((row) => ({ ...rulesOf(row), slug: row.slug }));
}

const COLUMNS = {
  id: sources.id,
  folderId: sources.folderId,
  include: sources.include,
  exclude: sources.exclude,
  subfolders: sources.subfolders,
  minBytes: sources.minBytes,
  maxBytes: sources.maxBytes,
  maxAgeDays: sources.maxAgeDays,
  createdAt: sources.createdAt,
};

/** What a source's row asks for, ready to decide. */
export function rulesOf(row: Pick<typeof sources.$inferSelect, keyof typeof COLUMNS>): SourceRules {
  const { subfolders, minBytes, maxBytes, maxAgeDays, createdAt } = row;
  return {
    sourceId: sourceId(row.id),
    folderId: folderId(row.folderId),
    subfolders,
    mask: compiled(row),
    minBytes,
    maxBytes,
    maxAgeDays,
    since: createdAt,
  };
}

/** Compiling costs more than matching a page of names, and masks change once in a month. */
const kept = new Map<string, CompiledMask>();
const KEPT_MASKS = 1000;

function compiled({ include, exclude }: Mask): CompiledMask {
  const key = JSON.stringify([include, exclude]);
  let mask = kept.get(key);
  if (!mask) {
    mask = compileMask({ include, exclude });
    if (kept.size >= KEPT_MASKS) kept.clear();
    kept.set(key, mask);
  }
  return mask;
}
