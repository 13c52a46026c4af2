import { closeSync, createReadStream, ftruncateSync, openSync } from "node:fs";
import { openFileWriter } from "./bytes.ts";
import type { Call } from "./call.ts";
import { type Checksums, createChecksums, parseGoogHash, type Sums } from "./checksums.ts";
import { isFinal, parseContentRange, type UploadRange } from "./content-range.ts";
import { GcsError, invalid, noSession } from "./errors.ts";
import type { LakeFiles } from "./files.ts";
import type { Objects } from "./objects.ts";
import type { Session, Sessions } from "./sessions.ts";

/** What is not the end of an object is kept in these steps: whatever is over must be sent again. */
const STEP_BYTES = 256 * 1024;

type ByteRange = UploadRange & { kind: "bytes" };

/** How a PUT left the session. */
export type Progress = "incomplete" | "finalised";

/**
 * The resumable protocol: https://cloud.google.com/storage/docs/performing-resumable-uploads.
 * One request at a time sends to a session; a newer one ends the older, as after a lost connection.
 */
export function createResumable(sessions: Sessions, objects: Objects, files: LakeFiles) {
  async function put(session: Session, call: Call): Promise<Progress> {
    const range = parseContentRange(call.incoming.headers["content-range"]);
    await takeOver(session);
    const ended = Promise.withResolvers<void>();
    session.sending = { interrupt: () => call.incoming.destroy(), ended: ended.promise };
    try {
      return await advance(session, range, call);
    } finally {
      session.sending = undefined;
      ended.resolve();
    }
  }

  async function advance(session: Session, range: UploadRange, call: Call): Promise<Progress> {
    if (session.outcome === "finalised") return "finalised";
    if (session.outcome !== "open") throw noSession(410);
    checkTotal(session, range);
    if (range.kind === "bytes") return append(session, range, call);
    const isWhole = range.totalBytes === session.persistedBytes;
    return isWhole ? finalise(session, call) : "incomplete";
  }

  async function takeOver(session: Session): Promise<void> {
    while (session.sending) {
      session.sending.interrupt();
      await session.sending.ended;
    }
  }

  /** Bytes that are already there are skipped, without a look at whether they are the same. */
  async function append(session: Session, range: ByteRange, call: Call): Promise<Progress> {
    const before = session.persistedBytes;
    if (range.from > before) throw gap(range.from, before);
    const checksums = await takeChecksums(session);
    const file = await openFileWriter(files.stagedPath(session.id), before);
    let at = range.from;
    let isWhole = false;
    try {
      for await (const chunk of call.damaged(call.body)) {
        const fresh = chunk.subarray(Math.min(chunk.length, Math.max(0, before - at)));
        at += chunk.length;
        if (fresh.length === 0) continue;
        checksums.update(fresh);
        await file.write(fresh);
      }
      checkLength(range, at);
      const totalBytes = range.totalBytes ?? session.declaredBytes;
      if (totalBytes !== undefined && at > totalBytes) throw tooLong(totalBytes);
      isWhole = isFinal(range) && at === (totalBytes ?? at) && call.effect?.do !== "keep";
    } finally {
      await file.close();
      const persistedBytes = isWhole ? at : keptBytes(before, at, call);
      if (persistedBytes === Math.max(before, at)) session.checksums = checksums;
      session.persistedBytes = persistedBytes;
      sessions.save(session);
    }
    return isWhole ? finalise(session, call) : "incomplete";
  }

  async function finalise(session: Session, call: Call): Promise<Progress> {
    const checksums = await takeChecksums(session);
    const staged = session.id;
    const { bucket, name, fields, preconditions, persistedBytes } = session;
    const promised: Partial<Sums> = {
      ...session.promised,
      ...parseGoogHash(call.incoming.headers["x-goog-hash"]),
    };
    const object = objects.finalise({
      bucket,
      name,
      fields,
      preconditions,
      promised,
      staged,
      sizeBytes: persistedBytes,
      sums: checksums.finish(),
      save: () => cutTo(files.stagedPath(staged), persistedBytes),
    });
    session.outcome = "finalised";
    session.generation = object.generation;
    sessions.save(session);
    return "finalised";
  }

  /**
   * The sums of what is persisted, counted from the file after a restart or when bytes were dropped.
   * Who takes them gives them back only if they are still true.
   */
  async function takeChecksums(session: Session): Promise<Checksums> {
    const kept = session.checksums;
    session.checksums = undefined;
    if (kept) return kept;
    const checksums = createChecksums();
    if (session.persistedBytes === 0) return checksums;
    const path = files.stagedPath(session.id);
    const chunks = createReadStream(path, {
      end: session.persistedBytes - 1,
      highWaterMark: 1 << 20,
    });
    for await (const chunk of chunks) checksums.update(chunk as Buffer);
    return checksums;
  }

  return {
    put,

    /** Ends the session and drops its bytes; nothing can be sent to it any more. */
    async end(session: Session, outcome: "cancelled" | "gone"): Promise<void> {
      await takeOver(session);
      if (session.outcome !== "open") return;
      session.outcome = outcome;
      sessions.save(session);
      files.discard(session.id);
    },
  };
}

/** How much of an unfinished upload is kept after a request that brought it to `at`. */
function keptBytes(before: number, at: number, { effect }: Call): number {
  const limit = effect?.do === "keep" ? before + effect.bytes : Number.POSITIVE_INFINITY;
  return Math.max(before, Math.floor(Math.min(at, limit) / STEP_BYTES) * STEP_BYTES);
}

function cutTo(path: string, sizeBytes: number): void {
  // An upload without a single byte has no file yet.
  const file = openSync(path, "a");
  ftruncateSync(file, sizeBytes);
  closeSync(file);
}

function checkTotal({ declaredBytes }: Session, { totalBytes }: UploadRange): void {
  if (declaredBytes !== undefined && totalBytes !== undefined && declaredBytes !== totalBytes)
    throw invalid(
      `Invalid request.  According to the Content-Range header the upload has ${totalBytes} byte(s), but X-Upload-Content-Length declared ${declaredBytes} byte(s).`,
    );
}

function checkLength({ from, to }: ByteRange, at: number): void {
  if (to === undefined || at === to + 1) return;
  throw invalid(
    `Invalid request.  There were ${at - from} byte(s) in the request body.  There should have been ${to - from + 1} byte(s) (starting at offset ${from} and ending at offset ${to}) according to the Content-Range header.`,
  );
}

const tooLong = (totalBytes: number) =>
  invalid(
    `Invalid request.  The request body goes beyond the ${totalBytes} byte(s) of the upload.`,
  );

const gap = (from: number, persistedBytes: number) =>
  new GcsError(
    503,
    "backendError",
    `Invalid request.  According to the Content-Range header, the upload offset is ${from} byte(s), which exceeds already uploaded size of ${persistedBytes} byte(s).`,
    { plainText: true },
  );
