import { isIP } from "node:net";

/** True for names and addresses that never leave this machine. */
export function isLoopback(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (host === "localhost" || host.endsWith(".localhost")) return true;
  return (isIP(host) === 4 && host.startsWith("127.")) || host === "::1";
}

/** An https address, or http to this machine, without a slash at the end. Throws what is wrong. */
export function readUrl(text: string): string {
  if (!URL.canParse(text)) throw new Error("is not an address: expected https://host");
  const url = new URL(text);
  const plain = url.protocol === "http:" && isLoopback(url);
  if (url.protocol !== "https:" && !plain)
    throw new Error("must begin with https:// (plain http is accepted for this machine only)");
  if (url.username || url.password) throw new Error("must not hold a user name or password");
  if (url.search || url.hash) throw new Error("must not hold a query or fragment");
  return url.href.replace(/\/+$/, "");
}

export interface LakeUrl {
  bucket: string;
  /** Without slashes at its ends; empty for the whole bucket. */
  prefix: string;
}

/** Bucket names as Google allows them: 3 to 63 characters, or up to 222 with dots. */
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/;

/** `gs://bucket/prefix`. Throws what is wrong. */
export function parseLakeUrl(text: string): LakeUrl {
  const found = /^gs:\/\/([^/]+)(?:\/(.*))?$/.exec(text);
  if (!found) throw new Error("is not of the form gs://bucket/prefix");
  const [, bucket = "", path = ""] = found;
  if (!BUCKET.test(bucket)) throw new Error(`names "${bucket}", which is not a bucket name`);
  const prefix = path.replace(/^\/+|\/+$/g, "");
  const plain = /^[^#?*[\]\p{Cc}]*$/u.test(prefix);
  const parts = prefix === "" ? [] : prefix.split("/");
  if (!plain || parts.some((part) => part === "" || part === "." || part === ".."))
    throw new Error(
      "has a prefix with empty or dotted parts, or characters that GCS advises against",
    );
  if (Buffer.byteLength(prefix) > 200) throw new Error("has a prefix longer than 200 bytes");
  return { bucket, prefix };
}
