import { createHash } from "node:crypto";

/** Stands for the id of what Box gave none: the same content again has the same. */
export const hashedId = (content: string | Uint8Array): string =>
  `sha256:${createHash("sha256").update(content).digest("hex")}`;
