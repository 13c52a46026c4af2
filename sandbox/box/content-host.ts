import { createReadStream } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Calls } from "./calls.ts";
import type { ContentLinks } from "./content-links.ts";
import type { Content } from "./content.ts";
import type { Faults } from "./faults.ts";
import { sendRaw } from "./http/raw-answer.ts";

interface Parts {
  content: Content;
  links: ContentLinks;
  faults: Faults;
  calls: Calls;
  now: () => number;
  log: (line: string) => void;
}

/**
 * Gives out bytes to whoever holds a fresh link, whole or in part. A host of its own, as in Box, so
 * that a download crosses origins.
 */
export function createContentHost({ content, links, faults, calls, now, log }: Parts): Server {
  async function answer(request: IncomingMessage, out: ServerResponse) {
    const path = request.url ?? "/";
    calls.note("download");
    if (request.headers.authorization !== undefined) calls.noteLeak();
    const effect = faults.take("download", path);
    if (effect?.type === "slow") await sleep(effect.ms);
    if (effect?.type === "status" || effect?.type === "html") {
      const wait = effect.type === "status" && effect.retryAfter;
      return refuse(out, effect.status ?? 502, wait === false ? undefined : wait);
    }

    const claim = links.read(path);
    if (!claim) return refuse(out, 404);
    if (claim.expiresAt <= now()) return refuse(out, 403);
    const range = readRange(request.headers.range, claim.size);
    if (range === "unsatisfiable") {
      out.setHeader("content-range", `bytes */${claim.size}`);
      return refuse(out, 416);
    }
    const { start, end } = range ?? { start: 0, end: claim.size - 1 };
    const length = end - start + 1;
    const headers = {
      "content-type": "application/octet-stream",
      "accept-ranges": "bytes",
      "content-length": length,
      etag: `"${claim.sha1}"`,
      "content-disposition": `attachment;filename*=UTF-8''${encodeURIComponent(claim.name)}`,
      ...(range ? { "content-range": `bytes ${start}-${end}/${claim.size}` } : {}),
    };
    // A stream has no way to say "nothing": an inclusive end cannot lie before its start.
    const body =
      length === 0
        ? []
        : createReadStream(content.pathOf(claim.sha1), { start, end, highWaterMark: PIECE });
    await sendRaw(out, { status: range ? 206 : 200, headers, body }, effect);
  }

  return createServer((request, out) => {
    answer(request, out).catch((error: unknown) => {
      log(`The content host failed: ${String(error)}`);
      out.destroy();
    });
  });
}

function refuse(out: ServerResponse, status: number, retryAfter?: number) {
  if (retryAfter !== undefined) out.setHeader("retry-after", retryAfter);
  out.writeHead(status, { "content-type": "text/html" });
  out.end(`<html><body><h1>${status}</h1></body></html>`);
}

/** Bytes read at once: large enough for a disk, small enough to flow. */
const PIECE = 256 * 1024;

/** One range as `bytes=a-b`, `bytes=a-` or `bytes=-n`; others are ignored, as HTTP allows. */
function readRange(header: string | undefined, size: number) {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  return start > end || start >= size ? "unsatisfiable" : { start, end };
}
