import { randomBytes } from "node:crypto";
import { expect, onTestFinished, test, vi } from "vitest";
import { BUCKET, KIB, makeFolders, openSandbox, pattern, rawClient, refusalOf } from "./sandbox.ts";

const CHUNK = 256 * KIB;
const bytes = pattern(2 * CHUNK + 10);
const total = bytes.length;

const rangeOf = (answer: Response) => ({
  status: answer.status,
  range: answer.headers.get("range"),
});

test("chunks are acknowledged with the range that is kept, and the last one answers with the object", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  const session = await raw.begin("chunks.bin");
  const first = await raw.put(session, `bytes 0-${CHUNK - 1}/${total}`, bytes.subarray(0, CHUNK));
  expect(rangeOf(first)).toEqual({ status: 308, range: `bytes=0-${CHUNK - 1}` });
  expect(await gcs.objects(BUCKET)).toEqual([]);
  const last = await raw.put(
    session,
    `bytes ${CHUNK}-${total - 1}/${total}`,
    bytes.subarray(CHUNK),
  );
  expect(last.status).toBe(200);
  expect(await last.json()).toMatchObject({ name: "chunks.bin", size: String(total) });
  const read = await (await raw.get("chunks.bin", "?alt=media")).arrayBuffer();
  expect(Buffer.from(read).equals(bytes)).toBe(true);
});

test("the status of a session is 308 without a range, 308 with one, then 200 with the object", async () => {
  const raw = rawClient(await openSandbox());
  const session = await raw.begin("status.bin");
  for (const question of ["bytes */*", `bytes */${total}`])
    expect(rangeOf(await raw.put(session, question))).toEqual({ status: 308, range: null });
  await raw.put(session, `bytes 0-${CHUNK - 1}/*`, bytes.subarray(0, CHUNK));
  for (const question of ["bytes */*", `bytes */${total}`])
    expect(rangeOf(await raw.put(session, question))).toEqual({
      status: 308,
      range: `bytes=0-${CHUNK - 1}`,
    });
  const whole = await raw.put(
    session,
    `bytes ${CHUNK}-${total - 1}/${total}`,
    bytes.subarray(CHUNK),
  );
  const created = (await whole.json()) as { generation: string };
  for (const question of ["bytes */*", `bytes */${total}`]) {
    const status = await raw.put(session, question);
    expect(status.status).toBe(200);
    expect(await status.json()).toMatchObject({ generation: created.generation });
  }
});

test("a chunk that is no multiple of 256 KiB is kept down to the last one", async () => {
  const raw = rawClient(await openSandbox());
  const session = await raw.begin("odd.bin");
  const odd = CHUNK + 1000;
  const answer = await raw.put(session, `bytes 0-${odd - 1}/*`, bytes.subarray(0, odd));
  expect(rangeOf(answer)).toEqual({ status: 308, range: `bytes=0-${CHUNK - 1}` });
  const gap = await raw.put(session, `bytes ${odd}-${total - 1}/${total}`, bytes.subarray(odd));
  expect(gap.status).toBe(503);
  expect(await gap.text()).toContain(`exceeds already uploaded size of ${CHUNK} byte(s)`);
  const rest = await raw.put(
    session,
    `bytes ${CHUNK}-${total - 1}/${total}`,
    bytes.subarray(CHUNK),
  );
  expect(rest.status).toBe(200);
  expect(await rest.json()).toMatchObject({ size: String(total) });
});

test("bytes that are sent again are skipped", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  const session = await raw.begin("again.bin");
  await raw.put(session, `bytes 0-${CHUNK - 1}/*`, bytes.subarray(0, CHUNK));
  const repeated = await raw.put(session, `bytes 0-${CHUNK - 1}/*`, bytes.subarray(0, CHUNK));
  expect(rangeOf(repeated)).toEqual({ status: 308, range: `bytes=0-${CHUNK - 1}` });
  await raw.put(session, `bytes 0-${total - 1}/${total}`, bytes);
  const read = await (await raw.get("again.bin", "?alt=media")).arrayBuffer();
  expect(Buffer.from(read).equals(bytes)).toBe(true);
});

test("a whole object goes without a content range, with an open end, or with no bytes at all", async () => {
  const raw = rawClient(await openSandbox());
  const plain = await raw.put(await raw.begin("plain.bin"), undefined, bytes);
  expect(await plain.json()).toMatchObject({ size: String(total) });
  const open = await raw.put(await raw.begin("open.bin"), "bytes 0-*/*", bytes);
  expect(await open.json()).toMatchObject({ size: String(total) });
  const empty = await raw.put(await raw.begin("empty.bin"), "bytes */0");
  expect(await empty.json()).toMatchObject({ size: "0", crc32c: "AAAAAA==" });
});

test("a length that is declared is demanded", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  const headers = { "x-upload-content-length": String(total) };
  const session = await raw.begin("declared.bin", { headers });
  const short = await raw.put(session, "bytes 0-*/*", bytes.subarray(0, CHUNK + 5));
  expect(rangeOf(short)).toEqual({ status: 308, range: `bytes=0-${CHUNK - 1}` });
  const other = await raw.put(session, `bytes ${CHUNK}-${total - 2}/${total - 1}`, "x");
  expect(await refusalOf(other)).toMatchObject({ status: 400, reason: "invalid" });
  const long = await raw.put(session, `bytes ${CHUNK}-*/*`, Buffer.concat([bytes, bytes]));
  expect(long.status).toBe(400);
  expect(await gcs.history(BUCKET)).toEqual([]);
});

test("a body shorter than its content range says is refused and creates nothing", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  const session = await raw.begin("short.bin");
  const answer = await raw.put(session, `bytes 0-${total - 1}/${total}`, bytes.subarray(0, 100));
  expect((await refusalOf(answer)).message).toContain("There were 100 byte(s) in the request body");
  expect(await gcs.history(BUCKET)).toEqual([]);
});

test("checksums on the session, its metadata or the last request decide before the object exists", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  const wrong = { "x-goog-hash": "crc32c=AAAAAA==" };
  const atEnd = await raw.begin("end.bin");
  const refused = await raw.put(atEnd, `bytes 0-${total - 1}/${total}`, bytes, wrong);
  expect(await refusalOf(refused)).toMatchObject({
    status: 400,
    reason: "invalid",
    message: expect.stringContaining(`Provided CRC32C "AAAAAA==" doesn't match calculated CRC32C`),
  });
  const inMetadata = await raw.begin("metadata.bin", { resource: { crc32c: "AAAAAA==" } });
  expect((await raw.put(inMetadata, undefined, bytes)).status).toBe(400);
  const atStart = await raw.begin("start.bin", { headers: wrong });
  expect((await raw.put(atStart, undefined, bytes)).status).toBe(400);
  expect(await gcs.history(BUCKET)).toEqual([]);
  const right = await raw.begin("hello.txt");
  const sums = { "x-goog-hash": "crc32c=mnG7TA==, md5=XUFAKrxLKna5cZ2REBfFkg==" };
  expect((await raw.put(right, undefined, "hello", sums)).status).toBe(200);
});

test("conditions are judged when the session ends, not when it starts", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  const once = { query: "&ifGenerationMatch=0" };
  const session = await raw.begin("contested.bin", once);
  await gcs.put(BUCKET, "contested.bin", "somebody was faster");
  const late = await raw.put(session, undefined, bytes);
  expect(await refusalOf(late)).toMatchObject({ status: 412, reason: "conditionNotMet" });
  const doomed = await raw.begin("contested.bin", once);
  expect((await raw.put(doomed, undefined, bytes)).status).toBe(412);
  expect(await gcs.history(BUCKET)).toHaveLength(1);
});

test("a cancelled session answers 499 and takes nothing any more", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  const session = await raw.begin("cancelled.bin");
  expect((await raw.cancel(session)).status).toBe(499);
  expect((await raw.put(session, undefined, bytes)).status).toBe(410);
  expect(await gcs.history(BUCKET)).toEqual([]);
});

test("an unknown session is 404", async () => {
  const raw = rawClient(await openSandbox());
  const session = await raw.begin("known.bin");
  expect((await raw.put(`${session}x`, "bytes */*")).status).toBe(404);
});

test("a session is forgotten after a week", async () => {
  const raw = rawClient(await openSandbox());
  const session = await raw.begin("week.bin");
  const DAY_MS = 24 * 3600 * 1000;
  onTestFinished(() => void vi.useRealTimers());
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 6 * DAY_MS });
  expect((await raw.put(session, "bytes */*")).status).toBe(308);
  vi.setSystemTime(Date.now() + 2 * DAY_MS);
  expect((await raw.put(session, "bytes */*")).status).toBe(404);
});

test("two requests that both complete a session make one object", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  const session = await raw.begin("twice.bin");
  await raw.put(session, `bytes 0-${CHUNK - 1}/*`, bytes.subarray(0, CHUNK));
  const end = `bytes */${CHUNK}`;
  await Promise.allSettled([raw.put(session, end), raw.put(session, end), raw.put(session, end)]);
  expect((await raw.put(session, end)).status).toBe(200);
  expect((await gcs.history(BUCKET)).map(({ size }) => size)).toEqual([CHUNK]);
});

test("callers whose library follows 308 may have 200 with the status beside it", async () => {
  const raw = rawClient(await openSandbox());
  const session = await raw.begin("override.bin");
  const answer = await raw.put(session, "bytes */*", undefined, { "x-guploader-no-308": "yes" });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("x-http-status-code-override")).toBe("308");
});

test("a connection that breaks leaves what arrived, in steps of 256 KiB", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  const session = await raw.begin("broken.bin");
  gcs.faults.arm({ instruction: "return-broken-stream-after-300K", on: "final" });
  await expect(raw.put(session, "bytes 0-*/*", bytes)).rejects.toThrow("fetch failed");
  const status = await raw.put(session, "bytes */*");
  expect(rangeOf(status)).toEqual({ status: 308, range: `bytes=0-${CHUNK - 1}` });
  const rest = bytes.subarray(CHUNK);
  const last = await raw.put(session, `bytes ${CHUNK}-${total - 1}/${total}`, rest);
  expect(last.status).toBe(200);
  const read = await (await raw.get("broken.bin", "?alt=media")).arrayBuffer();
  expect(Buffer.from(read).equals(bytes)).toBe(true);
});

test("a newer request to a session takes over from one that hangs", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  const session = await raw.begin("hung.bin");
  gcs.faults.arm({ instruction: "stall-at-256KiB", on: "final" });
  const hung = raw.put(session, undefined, bytes).then(
    () => "answered",
    () => "cut",
  );
  await vi.waitFor(() => expect(gcs.requests.counts.final).toBe(1));
  const status = await raw.put(session, "bytes */*");
  expect(status.status).toBe(308);
  expect(await hung).toBe("cut");
  const from = Number(status.headers.get("range")?.split("-")[1] ?? -1) + 1;
  const rest = await raw.put(session, `bytes ${from}-${total - 1}/${total}`, bytes.subarray(from));
  expect(rest.status).toBe(200);
  expect(await gcs.history(BUCKET)).toHaveLength(1);
});

test("a session outlives a restart of the server", async () => {
  const folders = await makeFolders();
  const before = await openSandbox(folders);
  const session = await rawClient(before).begin("restart.bin");
  await rawClient(before).put(session, `bytes 0-${CHUNK - 1}/*`, bytes.subarray(0, CHUNK));
  await before.close();
  const after = await openSandbox(folders);
  const moved = session.replace(before.url, after.url);
  const raw = rawClient(after);
  expect(rangeOf(await raw.put(moved, "bytes */*"))).toEqual({
    status: 308,
    range: `bytes=0-${CHUNK - 1}`,
  });
  const rest = bytes.subarray(CHUNK);
  const last = await raw.put(moved, `bytes ${CHUNK}-${total - 1}/${total}`, rest);
  const single = await raw.media("single.bin", bytes);
  const { crc32c, md5Hash } = (await single.json()) as Record<string, string>;
  expect(await last.json()).toMatchObject({ crc32c, md5Hash, size: String(total) });
});

test("of two racers that both may only create, exactly one wins", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  for (let round = 0; round < 10; round++) {
    const name = `race-${round}`;
    const sessions = await Promise.all(
      [0, 1].map(() => raw.begin(name, { query: "&ifGenerationMatch=0" })),
    );
    const answers = await Promise.all([
      ...sessions.map((session) => raw.put(session, undefined, randomBytes(300 * KIB))),
      ...[0, 1].map(() => raw.media(name, randomBytes(300 * KIB), "&ifGenerationMatch=0")),
    ]);
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 412, 412, 412]);
  }
  expect(await gcs.history(BUCKET)).toHaveLength(10);
});
