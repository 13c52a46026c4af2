import { expect, test } from "vitest";
import { createRequests, FOLDER, idsOf, newKeys } from "../../bench/acks/delivery.ts";
import { readDelivery } from "../../src/box/read-delivery.ts";
import { verifySignature } from "../../src/box/signature.ts";

const keys = newKeys();
const request = createRequests("127.0.0.1:80", "/webhooks/box/1", keys);

function split(text: string) {
  const at = text.indexOf("\r\n\r\n");
  const headers = new Headers(
    text
      .slice(0, at)
      .split("\r\n")
      .slice(1)
      .map((line) => line.split(": ") as [string, string]),
  );
  return { headers, body: Buffer.from(text.slice(at + 4)) };
}

test("a measured delivery is signed as Box signs, and of the length that it announces", () => {
  const { headers, body } = split(request(7));
  expect(verifySignature({ headers, body, keys, now: new Date() })).toEqual({ valid: true });
  expect(headers.get("content-length")).toBe(String(body.byteLength));
});

test("a measured delivery is recorded without asking Box: a new version in the source's folder", () => {
  const { fileId, versionId, eventId } = idsOf(7);
  const delivery = readDelivery(split(request(7)).body);
  expect(delivery).toMatchObject({ readable: true, eventId });
  expect(delivery.readable && delivery.changes).toMatchObject([
    { kind: "version", file: { fileId, parentId: FOLDER.id }, version: { versionId } },
  ]);
});

test("no two deliveries share an id or a content", () => {
  const all = [1, 2].map((n) => JSON.parse(split(request(n)).body.toString()) as Delivered);
  const told = all.flatMap(({ id, source }) => [
    id,
    source.id,
    source.file_version.id,
    source.sha1,
  ]);
  expect(new Set(told).size).toBe(8);
});

interface Delivered {
  id: string;
  source: { id: string; sha1: string; file_version: { id: string } };
}
