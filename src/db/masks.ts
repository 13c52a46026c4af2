import { and, eq, ne } from "drizzle-orm";
import { type AccountId, folderId, sourceId } from "../core/ids.ts";
import { compileMask } from "../core/mask.ts";
import type { SourceRules } from "../core/membership.ts";
import { compileNameTemplate, type NameTemplate } from "../core/name-template.ts";
import {
  type AllowedValues,
  compilePathTemplate,
  type PathTemplate,
} from "../core/path-template.ts";
import { ALLOWED_VALUES } from "./metadata-fields.ts";
import type { Queryable } from "./open.ts";
import { sources } from "./schema.ts";

export interface LiveSource extends SourceRules {
  slug: string;
  /** Of its object names; null for the lake's own. */
  prefix: string | null;
  pathTemplate: PathTemplate | undefined;
  /** Undefined for the usual name. */
  nameTemplate: NameTemplate | undefined;
}

/** The sources of an account that still want files: paused ones too, since their debts are kept. */
export async function liveSources(db: Queryable, account: AccountId): Promise<LiveSource[]> {
  const { slug, prefix, pathTemplate, nameTemplate } = sources;
  const found = await db
    .select({ ...COLUMNS, slug, prefix, pathTemplate, nameTemplate, allowed: ALLOWED_VALUES })
    .from(sources)
    .where(and(eq(sources.accountId, account), ne(sources.state, "deleted")));
  return found.map(({ allowed, ...source }) =>
    liveSourceOf(source, new Map(Object.entries(allowed ?? {}))),
  );
}

/** The columns that decide what a source wants and how it is called in the lake. */
export type DecidingRow = RulesRow &
  Pick<typeof sources.$inferSelect, "slug" | "prefix" | "pathTemplate" | "nameTemplate">;

/** A source's row, ready to decide. */
export const liveSourceOf = (row: DecidingRow, allowed: AllowedValues): LiveSource => ({
  ...rulesOf(row),
  slug: row.slug,
  prefix: row.prefix,
  pathTemplate: pathTemplateOf(row, allowed),
  nameTemplate: row.nameTemplate === null ? undefined : nameTemplates(row.nameTemplate),
});

/** What a source's row reads from paths; undefined when it reads nothing. */
export const pathTemplateOf = (
  row: { pathTemplate: string | null },
  allowed: AllowedValues,
): PathTemplate | undefined =>
  row.pathTemplate === null
    ? undefined
    : pathTemplates(JSON.stringify([row.pathTemplate, [...allowed]]));

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

type RulesRow = Pick<typeof sources.$inferSelect, keyof typeof COLUMNS>;

/** What a source's row asks for, ready to decide. */
export function rulesOf(row: RulesRow): SourceRules {
  const { subfolders, minBytes, maxBytes, maxAgeDays, createdAt } = row;
  return {
    sourceId: sourceId(row.id),
    folderId: folderId(row.folderId),
    subfolders,
    mask: masks(JSON.stringify([row.include, row.exclude])),
    minBytes,
    maxBytes,
    maxAgeDays,
    since: createdAt,
  };
}

/** Compiling costs more than matching a page of names, and sources change once in a month. */
function keep<Compiled>(compile: (text: string) => Compiled): (text: string) => Compiled {
  const kept = new Map<string, Compiled>();
  return (text) => {
    let compiled = kept.get(text);
    if (compiled === undefined) {
      compiled = compile(text);
      if (kept.size >= MOST_KEPT) kept.clear();
      kept.set(text, compiled);
    }
    return compiled;
  };
}
const MOST_KEPT = 1000;

const masks = keep((text) => {
  const [include, exclude] = JSON.parse(text) as [string[], string[]];
  return compileMask({ include, exclude });
});
const pathTemplates = keep((text) => {
  const [template, allowed] = JSON.parse(text) as [string, [string, string[]][]];
  return compilePathTemplate(template, new Map(allowed));
});
const nameTemplates = keep(compileNameTemplate);
