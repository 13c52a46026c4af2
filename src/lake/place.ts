import type { Send } from "./requests.ts";
import type { Tries } from "./tries.ts";

/** One bucket at one endpoint, and how patiently it is spoken to. */
export interface GcsPlace {
  bucket: string;
  /** Where objects are read. */
  objectsUrl: string;
  /** Where objects are created. */
  uploadUrl: string;
  /** With our credentials. */
  send: Send;
  /** Without: a session's address is itself the permission. */
  sendToSession: Send;
  /** Best effort, so it waits less than the others. */
  sendFarewell: Send;
  tries(signal: AbortSignal | undefined): Tries;
  /** How much of a large object is in memory: a multiple of 256 KiB, as GCS demands. */
  chunkBytes: number;
}
