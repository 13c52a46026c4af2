import { Failure } from "../core/failure.ts";
import { isLoopback } from "../core/addresses.ts";
import type { FileId, VersionId } from "../core/ids.ts";
import { type BoxApi, refused } from "./api.ts";
import { uncompressed } from "./body.ts";
import type { BoxEndpoints } from "./client.ts";
import { AGAIN, requestIdIn } from "./errors.ts";
import type { BoxAnswer, BoxRequest, Transport } from "./transport.ts";

export interface Download {
  fileId: FileId;
  versionId: VersionId;
  signal?: AbortSignal | undefined;
}

/** Box redirects once; one hop more leaves it room to move its content hosts. */
const HOPS = 2;

/**
 * Opens the bytes of exactly this version: without `version`, Box would send whatever is current.
 * Box answers with a redirect to a signed address of its content hosts, which gets nothing of ours
 * but the request itself: no token, and only under `downloadHosts`. The bytes are counted, so that a
 * connection cut short cannot pass for the end.
 */
export async function openDownload(
  api: BoxApi,
  transport: Transport,
  endpoints: BoxEndpoints,
  { fileId, versionId, signal }: Download,
): Promise<AsyncIterable<Uint8Array>> {
  const url = new URL(`${endpoints.apiUrl}/2.0/files/${encodeURIComponent(fileId)}/content`);
  url.searchParams.set("version", versionId);

  let request: BoxRequest = { kind: "download", method: "GET", url: url.href, signal };
  let answer = await api.send(request);
  for (let hop = 0; isRedirect(answer) && hop < HOPS; hop++) {
    answer.close();
    const target = readTarget(answer, request.url, endpoints.downloadHosts);
    request = { ...request, kind: "content", url: target.href };
    answer = await transport.send(request);
  }
  if (answer.status === 200) return uncompressed(answer, counted(answer));
  const failure = await refused(request, answer);
  throw request.kind === "content" ? refusedContent(failure) : failure;
}

const isRedirect = ({ status }: BoxAnswer) => [301, 302, 303, 307, 308].includes(status);

function readTarget(answer: BoxAnswer, from: string, downloadHosts: string[]): URL {
  const location = answer.headers.get("location") ?? "";
  if (location === "" || !URL.canParse(location, from))
    throw new Failure("transient", "Box redirected a download to no address.", {
      hint: AGAIN,
      requestId: requestIdIn(answer.headers),
    });
  const target = new URL(location, from);
  const plain = target.protocol === "http:" && isLoopback(target);
  const isSafe = (target.protocol === "https:" || plain) && !target.username && !target.password;
  if (isSafe && downloadHosts.some((host) => covers(host, target))) return target;
  throw new Failure(
    "forbidden",
    `Box redirected a download to ${target.protocol}//${target.host}, which is not one of its download hosts.`,
    { hint: "If that host is Box's, add it to BOX_DOWNLOAD_HOSTS; if it is not, tell Box." },
  );
}

/** `*.` stands for any sub-domain, never for the domain itself; without a port any port will do. */
function covers(allowed: string, target: URL): boolean {
  const [, name = "", port] = /^(.*?)(?::(\d+))?$/.exec(allowed.toLowerCase()) ?? [];
  const actual = target.port || (target.protocol === "https:" ? "443" : "80");
  if (port !== undefined && port !== actual) return false;
  const host = target.hostname.toLowerCase();
  return name.startsWith("*.") ? host.endsWith(name.slice(1)) : host === name;
}

/** A signed address that is refused or gone says nothing about the file: the next try gets a new one. */
function refusedContent(failure: Failure): Failure {
  const { kind, message, hint, retryAfterMs, status, code, requestId } = failure;
  if (kind === "throttled" || kind === "not_ready" || kind === "transient") return failure;
  return new Failure("transient", message, { hint, retryAfterMs, status, code, requestId });
}

/** The body, which throws `transient` when it ends before the length that was announced. */
function counted({ headers, body }: BoxAnswer): AsyncIterable<Uint8Array> {
  const announced = headers.get("content-length");
  if (announced === null) return body;
  async function* count() {
    let received = 0;
    for await (const chunk of body) {
      received += chunk.byteLength;
      yield chunk;
    }
    if (received !== Number(announced))
      throw new Failure("transient", `Box sent ${received} of ${announced} bytes.`, {
        hint: AGAIN,
        requestId: requestIdIn(headers),
      });
  }
  return count();
}
