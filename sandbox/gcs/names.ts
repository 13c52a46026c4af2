import { createHash } from "node:crypto";
import { invalid, required } from "./errors.ts";

const MAX_NAME_BYTES = 1024;

/**
 * Refuses what Cloud Storage refuses: https://cloud.google.com/storage/docs/objects#naming.
 * Everything else is a name, slashes, dots and control characters included.
 */
export function checkObjectName(name: string | undefined): string {
  if (name === undefined || name === "") throw required("Required parameter: name");
  const bytes = Buffer.byteLength(name);
  if (bytes > MAX_NAME_BYTES)
    throw invalid(`The specified object name is too long: ${bytes} bytes, at most 1024.`);
  if (!name.isWellFormed() || /[\r\n]/.test(name) || name === "." || name === "..")
    throw invalid(`Invalid object name: '${name}'`);
  if (name.startsWith(".well-known/acme-challenge/"))
    throw invalid(`Invalid object name: '${name}'`);
  return name;
}

/** https://cloud.google.com/storage/docs/buckets#naming; nobody has to prove that a domain is theirs. */
export function checkBucketName(name: unknown): string {
  const parts = typeof name === "string" ? name.split(".") : [];
  const longest = parts.length > 1 ? 222 : 63;
  if (
    typeof name !== "string" ||
    name.length > longest ||
    !/^[a-z0-9][a-z0-9._-]+[a-z0-9]$/.test(name) ||
    parts.some((part) => part === "" || part.length > 63)
  )
    throw invalid(`Invalid bucket name: '${String(name)}'`);
  return name;
}

/** Where names live that a folder cannot hold; a name that itself begins so is escaped too. */
const ESCAPED = ".escaped";
const MAX_COMPONENT_BYTES = 255;

/**
 * The path of an object inside its bucket's folder: its name, character for character, when a file
 * system can hold it; otherwise `escapedPath`. Injective on file systems that tell upper from lower
 * case and keep Unicode as it is written.
 */
export function plainPath(name: string): string {
  const parts = name.split("/");
  const holds = (part: string) =>
    part !== "" &&
    part !== "." &&
    part !== ".." &&
    !part.includes("\0") &&
    Buffer.byteLength(part) <= MAX_COMPONENT_BYTES;
  return parts[0] !== ESCAPED && parts.every(holds) ? name : escapedPath(name);
}

/**
 * `.escaped/<SHA-256 of the name>`: for a component that is empty, `.`, `..`, longer than 255 bytes
 * or holds NUL (so also for a leading, trailing or double slash), and for a name that is a file where
 * another name needs a folder, or the other way round.
 */
export function escapedPath(name: string): string {
  return `${ESCAPED}/${createHash("sha256").update(name).digest("hex")}`;
}
