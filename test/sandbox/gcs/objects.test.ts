import { createSign } from "node:crypto";
import { gzipSync } from "node:zlib";
import * as fc from "../../support/dice.ts";
import { expect, test } from "vitest";
import { parseRange } from "../../../sandbox/gcs/content-range.ts";
import type { ServiceAccountKey } from "../../../sandbox/gcs/access.ts";
import { selectFields } from "../../../sandbox/gcs/fields.ts";
import { BUCKET, clientOf, openSandbox, rawClient, refusalOf } from "./sandbox.ts";

test("refusals are worded and shaped as Google words and shapes them", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  await gcs.put(BUCKET, "there", "x");
  expect(await refusalOf(await raw.get("missing"))).toEqual({
    status: 404,
    code: 404,
    message: `No such object: ${BUCKET}/missing`,
    reason: "notFound",
  });
  expect(await refusalOf(await raw.media("there", "y", "&ifGenerationMatch=0"))).toEqual({
    status: 412,
    code: 412,
    message: "At least one of the pre-conditions you specified did not hold.",
    reason: "conditionNotMet",
  });
  const nowhere = await raw.request(`${gcs.url}/storage/v1/b/no-such-bucket/o/x`);
  expect((await refusalOf(nowhere)).message).toBe("The specified bucket does not exist.");
});

test("what Google's Python client writes into addresses is understood", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  const zipped = gzipSync("plain");
  await raw.media("a/", zipped, "&contentEncoding=gzip", { "content-type": "text/plain" });
  expect(await (await raw.get("a/")).json()).toMatchObject({ contentEncoding: "gzip" });
  const list = `${raw.objects}?delimiter=/&includeTrailingDelimiter=True&versions=True`;
  expect(await (await raw.request(list)).json()).toMatchObject({
    items: [{ name: "a/" }],
    prefixes: ["a/"],
  });
});

test("names that Cloud Storage forbids are refused, all others are kept to the letter", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  const forbidden = [
    "",
    ".",
    "..",
    "a\nb",
    "a\rb",
    ".well-known/acme-challenge/x",
    "ü".repeat(513),
  ];
  for (const name of forbidden) expect((await raw.media(name, "x")).status).toBe(400);
  const allowed = ["a b", "ü/%41?#[]*", "100%", "+", "a//b", "/a", "a/", "..a", "a/../b", "\u0001"];
  for (const name of allowed) {
    expect((await raw.media(name, name)).status).toBe(200);
    expect(await (await raw.get(name)).json()).toMatchObject({ name });
    expect(await (await raw.get(name, "?alt=media")).text()).toBe(name);
  }
  expect((await gcs.objects(BUCKET)).map(({ name }) => name).sort()).toEqual(allowed.sort());
});

test("conditions on generation and metageneration hold for reads and writes", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  const { generation } = await gcs.put(BUCKET, "x", "1");
  const statusOf = async (query: string) => (await raw.get("x", query)).status;
  expect(await statusOf(`?ifGenerationMatch=${generation}`)).toBe(200);
  expect(await statusOf("?ifGenerationMatch=1")).toBe(412);
  expect(await statusOf(`?ifGenerationNotMatch=${generation}`)).toBe(304);
  expect(await statusOf("?ifMetagenerationMatch=2")).toBe(412);
  expect(await statusOf("?generation=1")).toBe(404);
  expect(await statusOf("?ifGenerationMatch=x")).toBe(400);
  const overwrite = async (query: string) => (await raw.media("x", "2", query)).status;
  expect(await overwrite("&ifGenerationMatch=1")).toBe(412);
  expect(await overwrite(`&ifGenerationNotMatch=${generation}`)).toBe(412);
  expect(await overwrite(`&ifGenerationMatch=${generation}&ifMetagenerationMatch=1`)).toBe(200);
  const [first, second] = await gcs.history(BUCKET);
  expect(first?.endedAt).toBeInstanceOf(Date);
  expect(BigInt(second?.generation ?? 0)).toBeGreaterThan(BigInt(first?.generation ?? 0));
});

test("a multipart upload carries name, metadata and any bytes, delimiter lookalikes included", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  const media = "first\r\n--frontie\r\n--frontier-less one\n--frontier";
  const send = (body: string, query = "") =>
    raw.request(`${raw.uploads}?uploadType=multipart${query}`, {
      method: "POST",
      headers: { "content-type": 'multipart/related; boundary="--frontiers"' },
      body,
    });
  const metadata = JSON.stringify({ name: "m", metadata: { a: "b" }, contentType: "text/csv" });
  const head = `----frontiers\r\nContent-Type: application/json\r\n\r\n${metadata}\r\n----frontiers`;
  const whole = `${head}\r\nContent-Type: text/csv\r\n\r\n${media}\r\n----frontiers--`;
  expect((await send(whole)).status).toBe(200);
  expect(await (await raw.get("m", "?alt=media")).text()).toBe(media);
  expect(await (await raw.get("m", "?fields=name,metadata/a,contentType")).json()).toEqual({
    name: "m",
    metadata: { a: "b" },
    contentType: "text/csv",
  });

  const cut = await send(whole.slice(0, -4), "&name=m");
  expect(await refusalOf(cut)).toMatchObject({ status: 400, message: "Malformed multipart body." });
  expect((await send(whole, "&name=other")).status).toBe(400);
  expect((await send(whole.replace("Content-Type: text/csv", "Content-Type: a/b"))).status).toBe(
    400,
  );
  expect(await gcs.history(BUCKET)).toHaveLength(1);
});

test("a download says what it is in the headers that clients check", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  const { generation } = await gcs.put(BUCKET, "hello.txt", "hello");
  const part = await raw.get("hello.txt", "?alt=media", { range: "bytes=1-3" });
  expect(part.status).toBe(206);
  expect(await part.text()).toBe("ell");
  expect(Object.fromEntries(part.headers)).toMatchObject({
    "content-range": "bytes 1-3/5",
    "x-goog-hash": "crc32c=mnG7TA==,md5=XUFAKrxLKna5cZ2REBfFkg==",
    "x-goog-generation": generation,
    "x-goog-stored-content-length": "5",
  });
});

test("with tokens demanded, only a token for the service account's key opens the door", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  gcs.access.requireToken = true;
  expect((await refusalOf(await raw.get("x"))).reason).toBe("required");
  const wrong = await raw.get("x", "", { authorization: "Bearer made-up" });
  expect(await refusalOf(wrong)).toMatchObject({ status: 401, reason: "authError" });

  const key = gcs.access.serviceAccountKey();
  const grant = (assertion: string) =>
    raw.request(key.token_uri, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
        assertion,
      }),
    });
  const { assertion, forged, expired } = assertionsFor(key);
  expect((await grant(forged)).status).toBe(400);
  expect((await grant(expired)).status).toBe(400);
  expect((await grant("garbage")).status).toBe(400);
  const answer = (await (await grant(assertion)).json()) as { access_token: string };
  const authorization = `Bearer ${answer.access_token}`;
  expect((await raw.get("x", "", { authorization })).status).toBe(404);
  gcs.access.revokeTokens();
  expect((await raw.get("x", "", { authorization })).status).toBe(401);
});

test("a session's address needs no token: it is one", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  const session = await raw.begin("secret.bin");
  gcs.access.requireToken = true;
  expect((await raw.put(session, undefined, "bytes")).status).toBe(200);
});

test("who may not list is not told that an object is missing", async () => {
  const gcs = await openSandbox();
  gcs.access.withheld.add("storage.objects.list");
  const { bucket } = clientOf(gcs);
  await expect(bucket.file("missing").getMetadata()).rejects.toMatchObject({ code: 403 });
});

test("requests are counted by kind and remembered until they are forgotten", async () => {
  const gcs = await openSandbox();
  const raw = rawClient(gcs);
  await raw.media("x", "y");
  await raw.get("x");
  await raw.get("missing");
  expect(gcs.requests.counts).toMatchObject({ media: 1, get: 2, list: 0 });
  expect(gcs.requests.latest.map(({ kind, name, status }) => [kind, name, status])).toEqual([
    ["media", "x", 200],
    ["get", "x", 200],
    ["get", "missing", 404],
  ]);
  gcs.requests.reset();
  expect(gcs.requests.counts.get).toBe(0);
  expect(gcs.requests.latest).toEqual([]);
});

test("a range of a download never leaves the object", () => {
  fc.assert(
    fc.property(fc.nat(50), fc.option(fc.nat(60)), fc.option(fc.nat(60)), (size, first, last) => {
      const header = `bytes=${first ?? ""}-${last ?? ""}`;
      let range;
      try {
        range = parseRange(header, size);
      } catch {
        const empty = first === null ? last === 0 || size === 0 : first >= size;
        expect(empty).toBe(true);
        return;
      }
      if (range === undefined) return;
      expect(range.from).toBeGreaterThanOrEqual(0);
      expect(range.to).toBeGreaterThanOrEqual(range.from);
      expect(range.to).toBeLessThan(size);
      if (first !== null) expect(range.from).toBe(first);
      if (first === null) expect(range.to - range.from + 1).toBe(Math.min(last ?? 0, size));
    }),
  );
});

test("partial responses keep what the mask names", () => {
  const page = { kind: "k", items: [{ name: "a", size: "1", metadata: { x: "1", y: "2" } }] };
  expect(selectFields(page, undefined)).toEqual(page);
  expect(selectFields(page, "items(name,metadata/x)")).toEqual({
    items: [{ name: "a", metadata: { x: "1" } }],
  });
  expect(selectFields(page, "items/name,kind")).toEqual({ kind: "k", items: [{ name: "a" }] });
  expect(selectFields(page, "nextPageToken")).toEqual({});
});

function assertionsFor(key: ServiceAccountKey) {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const sign = (claims: Record<string, unknown>) => {
    const now = Math.floor(Date.now() / 1000);
    const all = { iss: key.client_email, aud: key.token_uri, iat: now, exp: now + 3600, ...claims };
    const signed = `${part({ alg: "RS256", typ: "JWT" })}.${part(all)}`;
    const signature = createSign("RSA-SHA256").update(signed).sign(key.private_key, "base64url");
    return `${signed}.${signature}`;
  };
  const assertion = sign({ scope: "https://www.googleapis.com/auth/devstorage.read_write" });
  const [head, , signature] = assertion.split(".");
  return {
    assertion,
    forged: `${head}.${part({ iss: key.client_email })}.${signature}`,
    expired: sign({ exp: 1 }),
  };
}
