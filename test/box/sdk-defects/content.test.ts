import { expect, test } from "vitest";
import { fileId, versionId } from "../../../src/core/ids.ts";
import { readAll, sendJson } from "../box-server.ts";
import { endOf, type Reply, startBoth, thrownBy } from "./both.ts";

const download = ({ ours }: Awaited<ReturnType<typeof startBoth>>) =>
  ours.download(fileId("400001"), versionId("500001")).then(readAll);

test("a download that Box still prepares (202): the SDK answers undefined; ours is not_ready, and says how long", async () => {
  const both = await startBoth((_request, response) =>
    response.writeHead(202, { "retry-after": "7" }).end(),
  );
  expect(await both.sdk.downloads.downloadFile("400001")).toBeUndefined();
  await expect(download(both)).rejects.toMatchObject({ kind: "not_ready", retryAfterMs: 7000 });
});

test("a download refused: the SDK loses Box's code and request id; ours tells both", async () => {
  const body = { type: "error", code: "forbidden_by_policy", request_id: "r-1" };
  const both = await startBoth((_request, response) => sendJson(response, body, 403));
  const { responseInfo } = await thrownBy(both.sdk.downloads.downloadFile("400001"));
  expect(responseInfo).toMatchObject({ statusCode: 403, code: undefined, requestId: undefined });
  await expect(download(both)).rejects.toMatchObject({
    kind: "forbidden",
    code: "forbidden_by_policy",
    requestId: "r-1",
    hint: expect.stringContaining("Box administrator"),
  });
});

/** Announces ten bytes, or none by chunks; sends five; cuts the line. */
const cutShort =
  (headers: Record<string, string>): Reply =>
  (_request, response) => {
    response.writeHead(200, headers);
    response.write("first", () => setTimeout(() => response.destroy(), 10));
  };

async function readByBoth(reply: Reply) {
  const both = await startBoth(reply);
  const content = await both.sdk.downloads.downloadFile("400001");
  const theirs = await endOf(readAll(content as AsyncIterable<Uint8Array>));
  return { theirs, ours: await download(both).catch((error: unknown) => error) };
}

test("a body cut before its announced length: the SDK's never ends; ours is transient", async () => {
  const { theirs, ours } = await readByBoth(cutShort({ "content-length": "10" }));
  expect(theirs).toBe("pending");
  expect(ours).toMatchObject({ kind: "transient" });
});

test("a body cut between chunks: the SDK's fails untyped; ours is transient", async () => {
  const { theirs, ours } = await readByBoth(cutShort({ "transfer-encoding": "chunked" }));
  expect(theirs).toBe("failed");
  expect(ours).toMatchObject({ name: "Failure", kind: "transient" });
});

test("a body that stalls: the SDK's never ends, whatever its timeout; ours is transient", async () => {
  const both = await startBoth(
    (_request, response) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("first");
    },
    { idleTimeoutMs: 20 },
  );
  // Long enough for the headers, however busy the machine is.
  const sdk = both.sdk.withTimeouts({ timeoutMs: 1500 });
  const content = (await sdk.downloads.downloadFile("400001")) as AsyncIterable<Uint8Array>;
  expect(await endOf(readAll(content), 2000)).toBe("pending");
  await expect(download(both)).rejects.toMatchObject({ kind: "transient" });
});

/** Redirects from 127.0.0.1 to localhost, which is another host to a client, and answers there. */
const toLocalhost: Reply = ({ headers }, response) => {
  const [host, port] = headers.host?.split(":") ?? [];
  if (host === "localhost") return void response.end("bytes");
  response.writeHead(302, { location: `http://localhost:${port}/signed` }).end();
};

test("a redirect to another host: the SDK forwards As-User and headers of ours; our download forwards nothing", async () => {
  const both = await startBoth(toLocalhost);
  const sdk = both.sdk.withAsUserHeader("77").withExtraHeaders({ "x-secret": "hush" });
  await readAll((await sdk.downloads.downloadFile("400001")) as AsyncIterable<Uint8Array>);
  expect(both.seen.splice(0)[1]?.headers).toMatchObject({ "as-user": "77", "x-secret": "hush" });

  await download(both);
  expect(Object.keys(both.seen[1]?.headers ?? {}).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    "accept-encoding",
    "connection",
    "host",
    "user-agent",
  ]);
});

test("a redirect to a host that is not Box's: the SDK goes there; ours refuses and names the setting", async () => {
  const both = await startBoth(toLocalhost, { downloadHosts: ["*.boxcloud.com"] });
  await both.sdk.downloads.downloadFile("400001");
  expect(both.seen).toHaveLength(2);
  await expect(download(both)).rejects.toMatchObject({
    kind: "forbidden",
    hint: expect.stringContaining("BOX_DOWNLOAD_HOSTS"),
  });
  expect(both.seen).toHaveLength(3);
});

test("an error page in HTML: the SDK's has no status; ours keeps it and says what to expect", async () => {
  const page = "<html><h1>502 Bad Gateway</h1></html>";
  const both = await startBoth((_request, response) =>
    response.writeHead(502, { "content-type": "text/html" }).end(page),
  );
  const error = await thrownBy(both.sdk.files.getFileById("400001"));
  expect(error.responseInfo).toBeUndefined();
  expect(error.message).toMatch(/JSON/);
  await expect(both.ours.file(fileId("400001"))).rejects.toMatchObject({
    kind: "transient",
    status: 502,
  });
});
