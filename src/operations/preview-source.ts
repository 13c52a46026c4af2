import type { BoxClient, BoxFile } from "../box/client.ts";
import type { LakeUrl } from "../core/addresses.ts";
import { explainRule } from "../core/explain-rule.ts";
import { Failure } from "../core/failure.ts";
import type { AccountId, FileId, FolderId } from "../core/ids.ts";
import { type Rule, ruleAgainst } from "../core/membership.ts";
import { Refusal } from "../core/refusal.ts";
import type { Database } from "../db/open.ts";
import { keyOf } from "../db/facts.ts";
import { type DecidingRow, type LiveSource, liveSourceOf } from "../db/masks.ts";
import { allowedValues } from "../db/metadata-fields.ts";
import { type KnownToSource, knownToSource } from "../db/previews.ts";
import type { BoxClients } from "./box-clients.ts";
import { describeIn } from "./owe-objects.ts";

/** What is tried: a row that may never have been written. */
export type PreviewedSource = DecidingRow;

export interface PreviewFolder {
  folderId: FolderId;
  /** The names of the folders below the source's down to it. */
  below: string[];
  marker?: string | undefined;
}

export interface PreviewRequest {
  accountId: AccountId;
  source: PreviewedSource;
  /** The folders still to list, the next one last. */
  frontier: PreviewFolder[];
  /** How many calls to Box may be made. */
  calls: number;
  /** How many files of each verdict are told one by one. */
  items: number;
}

export type Verdict = "wanted" | Rule | "incomplete";

export interface PreviewItem {
  fileId: FileId;
  path: string;
  verdict: Verdict;
  /** Why it is not wanted. */
  why: string | undefined;
  sizeBytes: number | undefined;
  /** What it would be called, or is. */
  name: string | undefined;
  pathFields: Record<string, string>;
  misfit: string | undefined;
  /** Of the source's object, when it has one. */
  state: KnownToSource["state"];
}

export interface Sum {
  files: number;
  bytes: number;
}

export interface Preview {
  boxCalls: number;
  foldersListed: number;
  /** Below, and not entered since the source wants no subfolders. */
  foldersPassed: number;
  /** Rows that are no files: web links, and what a later Box may invent. */
  notFiles: number;
  verdicts: Partial<Record<Verdict, Sum>>;
  misfits: number;
  /** Of the wanted, those that the source has no object of. */
  newlyOwed: Sum;
  items: PreviewItem[];
  /** What is left to list; empty when that was all. */
  frontier: PreviewFolder[];
}

/**
 * What a source would make of the files that are there, folder by folder as far as the calls reach: by the
 * rules, names and templates that decide when it is saved. No row is written. A folder that went away
 * meanwhile holds nothing; a marker that Box forgot is a `Refusal`, since what it counted is not known here.
 */
export async function previewSource(
  {
    db,
    boxes,
    places: [own],
  }: { db: Database; boxes: BoxClients; places: readonly [LakeUrl, ...LakeUrl[]] },
  request: PreviewRequest,
): Promise<Preview> {
  const box = await boxes.of(request.accountId);
  const source = liveSourceOf(request.source, await allowedValues(db));
  const preview: Preview = {
    boxCalls: 0,
    foldersListed: 0,
    foldersPassed: 0,
    notFiles: 0,
    verdicts: {},
    misfits: 0,
    newlyOwed: { files: 0, bytes: 0 },
    items: [],
    frontier: [...request.frontier],
  };
  while (preview.boxCalls < request.calls) {
    const folder = preview.frontier.pop();
    if (!folder) break;
    preview.boxCalls++;
    const page = await readPage(box, folder);
    if (!page) continue;
    const known = await knownToSource(
      db,
      source.sourceId,
      page.files.map(({ fileId }) => fileId),
    );
    const judge = judging(source, request.source, folder, known, own.prefix);
    for (const file of page.files) if (!file.trashed) count(preview, judge(file), request.items);
    preview.notFiles += page.others;
    if (source.subfolders)
      // The first of them is taken next, so that what is left to list stays short.
      preview.frontier.push(
        ...page.folders
          .map(({ folderId, name }) => ({ folderId, below: [...folder.below, name] }))
          .reverse(),
      );
    else preview.foldersPassed += page.folders.length;
    if (page.nextMarker === undefined) preview.foldersListed++;
    else preview.frontier.push({ ...folder, marker: page.nextMarker });
  }
  return preview;
}

async function readPage(box: BoxClient, { folderId, marker, below }: PreviewFolder) {
  try {
    return await box.folderItems(folderId, marker);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.kind === "not_found" && below.length > 0) return undefined;
    if (error.kind !== "invalid" || marker === undefined) throw error;
    throw new Refusal(
      "Box forgot how far the folder was listed",
      [{ path: ["cursor"], detail: "is too old" }],
      "Begin again, without a cursor.",
    );
  }
}

function judging(
  source: LiveSource,
  settings: PreviewedSource,
  folder: PreviewFolder,
  known: KnownToSource[],
  prefix: string,
) {
  const now = new Date();
  const byVersion = new Map(known.map((one) => [keyOf(one), one]));
  return ({ fileId, name, version }: BoxFile): PreviewItem => {
    const path = [...folder.below, name];
    const plain = { fileId, path: path.join("/"), pathFields: {}, misfit: undefined, state: null };
    if (!version)
      return {
        ...plain,
        verdict: "incomplete",
        why: "Box's listing does not tell enough of it: it would be read by itself",
        sizeBytes: undefined,
        name: undefined,
      };
    const { versionId, sizeBytes, createdAt } = version;
    const before = byVersion.get(keyOf({ fileId, versionId }));
    const seen = { fileId, versionId, sizeBytes, createdAt, seenAt: before?.seenAt ?? now };
    const state = before?.state ?? null;
    const rule = ruleAgainst(source, path, seen);
    if (rule) {
      const why = explainRule(rule, settings, path, seen);
      return { ...plain, verdict: rule, why, sizeBytes, name: undefined, state };
    }
    const { name: objectName, pathFields = {}, misfit } = describeIn(source, path, seen, prefix);
    return {
      ...plain,
      verdict: "wanted",
      why: undefined,
      sizeBytes,
      name: objectName,
      pathFields,
      misfit,
      state,
    };
  };
}

function count(preview: Preview, item: PreviewItem, items: number) {
  const { verdict, sizeBytes = 0 } = item;
  const sum = (preview.verdicts[verdict] ??= { files: 0, bytes: 0 });
  if (sum.files < items) preview.items.push(item);
  add(sum, sizeBytes);
  if (verdict !== "wanted") return;
  if (item.misfit !== undefined) preview.misfits++;
  if (item.state === null) add(preview.newlyOwed, sizeBytes);
}

function add(sum: Sum, bytes: number) {
  sum.files++;
  sum.bytes += bytes;
}
