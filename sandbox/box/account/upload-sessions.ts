import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Core } from "../core.ts";
import type { Item } from "../items.ts";
import { checkName } from "../names.ts";
import { badRequest, notFound, Refusal } from "../refusal.ts";
import type { ContentTimes } from "./files.ts";
import { checkFree, upload, uploadVersion } from "./uploads.ts";

export interface Part {
  id: string;
  offset: number;
  size: number;
  sha1: string;
}

/** What a session is for: a new file, or a new version of one. */
type Target =
  | { folderId: string; name: string }
  | { fileId: string; name: string | undefined; ifMatch?: string | undefined };

export interface UploadSession {
  id: string;
  by: string;
  target: Target;
  sizeBytes: number;
  expiresAt: number;
  /** By offset, each once. */
  parts: Map<number, Part>;
}

/** https://developer.box.com/guides/uploads/chunked/ */
export const PART_BYTES = 8 * 1024 * 1024;
const SMALLEST_BYTES = 20_000_000;
const LIFETIME_MS = 7 * 24 * 3_600_000;

export type UploadSessions = ReturnType<typeof createUploadSessions>;

/** Uploads in parts. They end with the process; the parts are kept like any content. */
export function createUploadSessions(core: Core) {
  const sessions = new Map<string, UploadSession>();

  function find(by: string, id: string): UploadSession {
    const session = sessions.get(id);
    if (!session || session.by !== by || session.expiresAt <= core.now())
      throw notFound("upload_session");
    return session;
  }

  /** The content of all parts in their order, hashed again as one. */
  async function* joined(parts: Part[]) {
    for (const { sha1 } of parts) yield* createReadStream(core.content.pathOf(sha1));
  }

  return {
    find,

    /** Refuses at once what could not be committed. */
    begin(by: string, target: Target, sizeBytes: number): UploadSession {
      if (sizeBytes < SMALLEST_BYTES)
        throw badRequest("file_size", `At least ${SMALLEST_BYTES} bytes.`, "file_size_too_small");
      checkTarget(core, by, target);
      const id = randomBytes(16).toString("hex").toUpperCase();
      const expiresAt = core.now() + LIFETIME_MS;
      const session = { id, by, target, sizeBytes, expiresAt, parts: new Map<number, Part>() };
      sessions.set(id, session);
      return session;
    },

    /** Keeps one part. The same part again changes nothing; another one in its place is refused. */
    async addPart(
      session: UploadSession,
      range: { from: number; to: number; totalBytes: number },
      sha1: string,
      bytes: AsyncIterable<Uint8Array>,
    ): Promise<Part> {
      const { from, to, totalBytes } = range;
      const { sizeBytes, parts } = session;
      const end = Math.min(from + PART_BYTES, sizeBytes);
      const fits = from < sizeBytes && from % PART_BYTES === 0 && to + 1 === end;
      if (totalBytes !== sizeBytes || !fits)
        throw new Refusal(416, "invalid_range", "The range is none of this session's parts");
      const kept = await core.content.keep(bytes);
      if (kept.sha1 !== sha1 || kept.size !== end - from)
        throw new Refusal(400, "bad_digest", "The part does not match its digest or its range");
      const known = parts.get(from);
      if (known && known.sha1 !== sha1)
        throw new Refusal(409, "range_overlaps_existing_range", "Another part is there");
      const part = known ?? {
        ...kept,
        id: randomBytes(4).toString("hex").toUpperCase(),
        offset: from,
      };
      parts.set(from, part);
      return part;
    },

    /** The parts become a file or a version, if they are all there and hash to `sha1`. */
    async commit(
      session: UploadSession,
      listed: Pick<Part, "id">[],
      sha1: string,
      times: ContentTimes,
    ): Promise<Item> {
      const parts = Array.from(session.parts.values()).sort((a, b) => a.offset - b.offset);
      const gathered = parts.reduce((sum, { size }) => sum + size, 0);
      const complete = parts.every(({ id }) => listed.some((one) => one.id === id));
      if (gathered !== session.sizeBytes || !complete)
        throw badRequest("parts", "Not all parts are there.", "missing_part");
      const kept = await core.content.keep(joined(parts));
      if (kept.sha1 !== sha1)
        throw new Refusal(400, "bad_digest", "Another digest than that of the parts");
      const { target, by } = session;
      return "fileId" in target
        ? uploadVersion(core, by, { ...target, ...times, kept })
        : upload(core, by, { parentId: target.folderId, name: target.name, ...times, kept });
    },

    /** Forgets a session, also one that was committed. */
    abort: (by: string, id: string) => void sessions.delete(find(by, id).id),
  };
}

/** Refuses an upload that could not succeed, as a session or a preflight check does. */
export function checkTarget(core: Core, by: string, target: Target): void {
  if ("fileId" in target) {
    core.access.need(by, "file", target.fileId, "change");
    return;
  }
  checkName(target.name);
  core.access.need(by, "folder", target.folderId, "upload");
  checkFree(core, target.folderId, target.name);
}
