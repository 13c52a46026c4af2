import { expect, test, vi } from "vitest";
import type { Fault } from "../../../sandbox/gcs/faults.ts";
import { BUCKET, clientOf, KIB, openSandbox, pattern, rawClient, refusalOf } from "./sandbox.ts";

const CHUNK = 256 * KIB;
const bytes = pattern(4 * CHUNK + 10);
const total = bytes.length;

test("statuses are answered as often as armed, to the kind of request that was named", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  await gcs.put(BUCKET, "x", "x");
  for (const status of [408, 429, 500, 503])
    gcs.faults.arm({ instruction: `return-${status}`, on: ["get", "list"] });
  expect((await raw.request(raw.objects)).status).toBe(408);
  expect(await refusalOf(await raw.get("x"))).toMatchObject({ reason: "rateLimitExceeded" });
  expect((await raw.get("x", "?alt=media")).status).toBe(200);
  expect(gcs.faults.unconsumed()).toHaveLength(2);
  expect((await raw.get("x")).status).toBe(500);
  expect((await raw.get("x")).status).toBe(503);
  expect((await raw.get("x")).status).toBe(200);
  expect(gcs.faults.unconsumed()).toEqual([]);
});

test("a fault waits for its turn, its object and its condition", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  gcs.faults.arm({ instruction: "return-503", on: "get", skip: 1, times: 2, name: "mine" });
  gcs.faults.arm({ instruction: "return-500", on: "get", when: ({ name }) => name === "other" });
  const statuses = [];
  for (const name of ["mine", "other", "mine", "mine", "mine", "other"])
    statuses.push((await raw.get(name)).status);
  expect(statuses).toEqual([404, 500, 503, 503, 404, 404]);
});

test("faults are armed, seen and forgotten over HTTP", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  const faults = `${gcs.url}/sandbox/faults`;
  const arm = (fault: unknown) =>
    raw.request(faults, { method: "POST", body: JSON.stringify(fault) });
  expect((await arm({ instruction: "return-503", on: "list", times: 2 })).status).toBe(201);
  expect((await arm({ instruction: "explode", on: "list" })).status).toBe(400);
  expect((await arm({ instruction: "return-503", on: "lunch" })).status).toBe(400);
  expect((await raw.request(raw.objects)).status).toBe(503);
  const seen = await (await raw.request(faults)).json();
  expect(seen).toMatchObject({ faults: [{ instruction: "return-503", on: "list", remaining: 1 }] });
  await raw.request(faults, { method: "DELETE" });
  expect((await raw.request(raw.objects)).status).toBe(200);
});

const survivable: Fault[] = [
  { instruction: "return-503", on: "session" },
  { instruction: "return-reset-connection", on: "session" },
  { instruction: "return-503", on: "chunk", skip: 1 },
  { instruction: "return-503-after-256K", on: "chunk" },
  { instruction: "return-503-after-768K", on: "chunk" },
  { instruction: "return-reset-connection", on: "chunk" },
  { instruction: "return-broken-stream-after-512K", on: "chunk" },
  { instruction: "persist-256K", on: "chunk" },
  { instruction: "reset-after-commit", on: "chunk" },
  { instruction: "return-503-after-commit", on: "chunk" },
  { instruction: "return-503", on: "final" },
  { instruction: "return-broken-stream-final-chunk-after-5B", on: "final" },
  { instruction: "slow-65536Kps", on: "chunk" },
];

test("Google's client gets a chunked upload through every fault that it can retry, once", async () => {
  const play = async (fault: Fault) => {
    const gcs = await openSandbox();
    gcs.faults.arm(fault);
    const file = clientOf(gcs).bucket.file("x.bin");
    await file.save(bytes, { resumable: true, chunkSize: 2 * CHUNK });
    const isEqual = (await file.download())[0].equals(bytes);
    const generations = (await gcs.history(BUCKET)).length;
    return { fault, isEqual, generations, unconsumed: gcs.faults.unconsumed().length };
  };
  const expected = { isEqual: true, generations: 1, unconsumed: 0 };
  expect(await Promise.all(survivable.map(play))).toEqual(
    survivable.map((fault) => ({ fault, ...expected })),
  );
});

for (const instruction of ["reset-after-commit", "return-503-after-commit"])
  for (const kind of ["final", "media"] as const)
    test(`${instruction} on ${kind}: the answer is lost, the object is there`, async () => {
      const gcs = await openSandbox();
      const raw = rawClient(gcs);
      gcs.faults.arm({ instruction, on: kind });
      const session = await raw.begin("x");
      const sent = kind === "final" ? raw.put(session, undefined, bytes) : raw.media("x", bytes);
      const outcome = await sent.then(
        ({ status }) => status,
        () => "cut",
      );
      expect(outcome).toBe(instruction === "reset-after-commit" ? "cut" : 503);
      expect(await gcs.objects(BUCKET)).toHaveLength(1);
      if (kind === "final") expect((await raw.put(session, "bytes */*")).status).toBe(200);
    });

test("an answer that is withheld leaves no trace in the one that replaces it", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  gcs.faults.arm({ instruction: "return-503-after-commit", on: "session" });
  const url = `${raw.uploads}?uploadType=resumable&name=x`;
  const answer = await raw.request(url, { method: "POST" });
  expect(answer.headers.get("location")).toBe(null);
  expect(await refusalOf(answer)).toMatchObject({ status: 503, reason: "backendError" });
});

for (const kind of ["media", "final"] as const)
  test(`a connection that is reset before or during ${kind} creates nothing`, async () => {
    const gcs = await openSandbox();
    const raw = rawClient(gcs);
    const send = async () =>
      kind === "media" ? raw.media("x", bytes) : raw.put(await raw.begin("x"), undefined, bytes);
    for (const instruction of ["return-reset-connection", "return-broken-stream-after-300K"]) {
      gcs.faults.arm({ instruction, on: kind });
      await expect(send()).rejects.toThrow("fetch failed");
    }
    gcs.faults.arm({ instruction: "return-503-after-256K", on: kind });
    expect((await send()).status).toBe(503);
    expect(gcs.faults.unconsumed()).toEqual([]);
    expect(await gcs.history(BUCKET)).toEqual([]);
  });

test("308 can tell less than was sent, or nothing, and the upload still ends well", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  const session = await raw.begin("less.bin");
  const sendFrom = (from: number, to = total) =>
    raw.put(session, `bytes ${from}-${to - 1}/${total}`, bytes.subarray(from, to));
  gcs.faults.arm({ instruction: "persist-0K", on: "chunk" });
  gcs.faults.arm({ instruction: "hide-range", on: "chunk" });
  gcs.faults.arm({ instruction: "persist-256K", on: "final" });
  const ranges = [
    await sendFrom(0, 2 * CHUNK),
    await sendFrom(0, CHUNK),
    await sendFrom(CHUNK),
  ].map((answer) => [answer.status, answer.headers.get("range")]);
  expect(ranges).toEqual([
    [308, null],
    [308, null],
    [308, `bytes=0-${2 * CHUNK - 1}`],
  ]);
  expect(await (await sendFrom(2 * CHUNK)).json()).toMatchObject({ size: String(total) });
  const read = await (await raw.get("less.bin", "?alt=media")).arrayBuffer();
  expect(Buffer.from(read).equals(bytes)).toBe(true);
});

test("a lost session answers 404 or 410 and stays lost", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  for (const status of [404, 410]) {
    const session = await raw.begin("x");
    gcs.faults.arm({ instruction: `lose-session-${status}`, on: "final" });
    expect((await raw.put(session, undefined, bytes)).status).toBe(status);
    expect((await raw.put(session, "bytes */*")).status).toBe(410);
  }
});

test("somebody else's object appears at the start or at the end of an upload", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  const once = { query: "&ifGenerationMatch=0" };
  gcs.faults.arm({ instruction: "rival-object", on: "session" });
  const lost = await raw.begin("at-start", once);
  expect((await raw.put(lost, undefined, bytes)).status).toBe(412);
  const session = await raw.begin("at-end", once);
  gcs.faults.arm({ instruction: "rival-object", on: "final" });
  expect((await raw.put(session, undefined, bytes)).status).toBe(412);
  gcs.faults.arm({ instruction: "rival-object", on: "media" });
  expect((await raw.media("at-once", bytes, once.query)).status).toBe(412);
  const rivals = await gcs.objects(BUCKET);
  expect(rivals.map(({ metadata }) => metadata["rival"])).toEqual(["true", "true", "true"]);
});

test("wrong bytes are stored with their own checksum, unless the right one was promised", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  gcs.faults.arm({ instruction: "inject-upload-data-error", on: ["media", "final"], times: 3 });
  const damaged = (await (await raw.media("x", "hello")).json()) as { crc32c: string };
  expect(damaged.crc32c).not.toBe("mnG7TA==");
  const promise = { "x-goog-hash": "crc32c=mnG7TA==" };
  expect((await raw.media("y", "hello", "", promise)).status).toBe(400);
  const session = await raw.begin("z");
  expect((await raw.put(session, undefined, "hello", promise)).status).toBe(400);
  expect(await gcs.history(BUCKET)).toHaveLength(1);
});

test("downloads break off or carry a wrong byte, and Google's client notices the latter", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  await gcs.put(BUCKET, "x", bytes);
  for (const instruction of ["return-broken-stream", "return-broken-stream-after-512K"]) {
    gcs.faults.arm({ instruction, on: "download" });
    const answer = await raw.get("x", "?alt=media");
    expect(answer.headers.get("content-length")).toBe(String(total));
    await expect(answer.arrayBuffer()).rejects.toThrow("terminated");
  }
  gcs.faults.arm({ instruction: "return-corrupted-data", on: "download" });
  const file = clientOf(gcs).bucket.file("x");
  await expect(file.download()).rejects.toMatchObject({ code: "CONTENT_DOWNLOAD_MISMATCH" });
});

test("a stall lasts until the caller gives up, before, during or after the work", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  const stalls = ["stall-always", "stall-at-256KiB", "stall-for-3600s-after-512K"];
  for (const instruction of [...stalls, "stall-after-commit"]) {
    gcs.faults.arm({ instruction, on: "final" });
    const session = await raw.begin(instruction);
    const caller = new AbortController();
    const init = { method: "PUT", body: bytes, signal: caller.signal };
    const hung = raw.request(session, init).then(
      () => "answered",
      () => "gave up",
    );
    await vi.waitFor(() => expect(gcs.faults.unconsumed()).toEqual([]));
    if (instruction === "stall-after-commit")
      await vi.waitFor(async () => expect(await gcs.objects(BUCKET)).toHaveLength(4));
    else expect((await raw.media(`meanwhile ${instruction}`, bytes)).status).toBe(200);
    caller.abort();
    expect(await hung).toBe("gave up");
  }
  const names = (await gcs.objects(BUCKET)).map(({ name }) => name);
  expect(names.filter((name) => name.startsWith("stall"))).toEqual(["stall-after-commit"]);
});

test("closing the sandbox frees callers that it left hanging", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  gcs.faults.arm({ instruction: "stall-always", on: "get" });
  const hung = expect(raw.get("x")).rejects.toThrow("fetch failed");
  await vi.waitFor(() => expect(gcs.requests.counts.get).toBe(1));
  await gcs.close();
  await hung;
});
