import { writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { createChecksums, type Sums } from "./checksums.ts";
import { invalid } from "./errors.ts";

export type Bytes = AsyncIterable<Buffer>;

/** The body as it arrives. Leaving the loop early leaves the connection alone. */
export function bodyOf(incoming: IncomingMessage): Bytes {
  return { [Symbol.asyncIterator]: () => incoming.iterator({ destroyOnReturn: false }) };
}

/** Reads what is left of the body and drops it: an answer sent before the end may never be read. */
export async function drain(incoming: IncomingMessage): Promise<void> {
  if (incoming.readableEnded || incoming.destroyed) return;
  await new Promise<void>((resolve) => {
    incoming
      .once("end", resolve)
      .once("close", resolve)
      .once("error", () => resolve());
    // A reader that was abandoned half-way still listens, and while one listens nothing flows.
    incoming.removeAllListeners("readable").resume();
  });
}

/** A JSON body. 1 MiB is far above what any request of this API needs. */
export async function readText(body: Bytes): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > 1 << 20) throw invalid("The request body is too large.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Bytes of one upload, received and summed, in the staged file once `save` returned. */
export interface Received {
  sizeBytes: number;
  sums: Sums;
  save(): void;
}

/** Above this an upload goes to disk while it arrives; below, one write at the end is far cheaper. */
const IN_MEMORY_BYTES = 1 << 20;

/** Takes in a whole upload with bounded memory. When it throws, `path` may hold a part. */
export async function receive(body: Bytes, path: string): Promise<Received> {
  const checksums = createChecksums();
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  let file: FileWriter | undefined;
  try {
    for await (const chunk of body) {
      checksums.update(chunk);
      sizeBytes += chunk.length;
      if (file) await file.write(chunk);
      else chunks.push(chunk);
      if (!file && sizeBytes > IN_MEMORY_BYTES) {
        file = await openFileWriter(path, 0);
        for (const early of chunks.splice(0)) await file.write(early);
      }
    }
  } finally {
    await file?.close();
  }
  const save = () => (file ? undefined : writeFileSync(path, Buffer.concat(chunks)));
  return { sizeBytes, sums: checksums.finish(), save };
}

export interface FileWriter {
  /** Resolves when there is room for more: at most two batches are held in memory. */
  write(chunk: Buffer): Promise<void>;
  /** Everything written is in the file afterwards. */
  close(): Promise<void>;
}

const BATCH_BYTES = 1 << 20;

/** Writes from `position` on, in batches, while the next batch arrives. */
export async function openFileWriter(path: string, position: number): Promise<FileWriter> {
  const file: FileHandle = await open(path, position === 0 ? "w" : "r+");
  let batch: Buffer[] = [];
  let batchBytes = 0;
  let writing: Promise<unknown> = Promise.resolve();

  async function flush() {
    await writing;
    const [buffers, at] = [batch, position];
    position += batchBytes;
    batch = [];
    batchBytes = 0;
    writing = writeAll(file, buffers, at);
    // A failure is thrown by the next flush or by close, which await the same promise.
    writing.catch(() => {});
  }

  return {
    async write(chunk) {
      batch.push(chunk);
      batchBytes += chunk.length;
      if (batchBytes >= BATCH_BYTES) await flush();
    },
    async close() {
      try {
        if (batchBytes > 0) await flush();
        await writing;
      } finally {
        await file.close();
      }
    },
  };
}

async function writeAll(file: FileHandle, buffers: Buffer[], position: number): Promise<void> {
  let { bytesWritten } = await file.writev(buffers, position);
  const totalBytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
  if (bytesWritten === totalBytes) return;
  for (const rest = Buffer.concat(buffers); bytesWritten < totalBytes;)
    bytesWritten += (
      await file.write(rest, bytesWritten, totalBytes - bytesWritten, position + bytesWritten)
    ).bytesWritten;
}
