import { sql } from "drizzle-orm";
import type { LakeUrl } from "../core/addresses.ts";
import { slugOf } from "../core/object-name.ts";
import { Refusal } from "../core/refusal.ts";
import type { Queryable, Transaction } from "../db/open.ts";
import { sources } from "../db/schema.ts";

/** The slug of a new source, held until the transaction ends: see `slugFor`. */
export async function freeSlug(
  tx: Transaction,
  name: string,
  prefix: string | null,
  places: readonly [LakeUrl, ...LakeUrl[]],
): Promise<string> {
  // One for all: `a` given twice and `a 2` given once meet in the same slug.
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('slug'))`);
  return slugFor(tx, name, prefix, places);
}

/**
 * The slug that a source of this name would be given now. Names may come again, slugs never: deleted
 * sources keep theirs, since their objects carry it. Nor does what a source's names begin with,
 * `<prefix>/<slug>`, ever lie within what another's begin with, or will: so that sources of several
 * prefixes never share a name, in whichever buckets they are. Throws a `Refusal` when the prefix itself lies
 * within a source's names.
 */
export async function slugFor(
  db: Queryable,
  name: string,
  prefix: string | null,
  places: readonly [LakeUrl, ...LakeUrl[]],
): Promise<string> {
  const [own] = places;
  const known = await db
    .select({ name: sources.name, slug: sources.slug, prefix: sources.prefix })
    .from(sources);
  const slugs = new Set(known.map(({ slug }) => slug));
  const above = prefix ?? own.prefix;
  const heads = known.map((source) => ({
    ...source,
    head: headOf(source.prefix ?? own.prefix, source.slug),
  }));
  const holder = heads.find(({ head }) => isWithin(above, head));
  if (holder)
    throw new Refusal(
      `The prefix ${above} lies among the objects of the source ${holder.name}`,
      [{ path: ["prefix"], detail: "lies among the objects of another source" }],
      "Choose another prefix.",
    );
  const below = [...heads.map(({ head }) => head), ...places.map((place) => place.prefix)];
  for (let number = 1; ; number++) {
    const slug = number === 1 ? slugOf(name) : `${slugOf(name)}-${number}`;
    const head = headOf(above, slug);
    if (!slugs.has(slug) && !below.some((taken) => isWithin(taken, head))) return slug;
  }
}

const headOf = (prefix: string, slug: string) => (prefix === "" ? slug : `${prefix}/${slug}`);

const isWithin = (path: string, head: string) => path === head || path.startsWith(`${head}/`);
