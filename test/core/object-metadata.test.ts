import * as fc from "../support/dice.ts";
import { expect, test } from "vitest";
import { accountId, fileId, sourceId, versionId } from "../../src/core/ids.ts";
import {
  describeObject,
  METADATA_LIMIT_BYTES,
  type ObjectFacts,
} from "../../src/core/object-metadata.ts";

const plain: ObjectFacts = {
  fileId: fileId("11"),
  versionId: versionId("22"),
  sourceId: sourceId("33333333-3333-4333-8333-333333333333"),
  accountId: accountId("44444444-4444-4444-8444-444444444444"),
  sourceName: "Plate readers",
  sha1: "da39a3ee5e6b4b0d3255bfef95601890afd80709",
  sizeBytes: 0,
  path: "2026/März/plate 7.csv",
  uploadedBy: { id: "55", login: "ada@example.com" },
  createdAt: new Date("2026-01-02T03:04:05Z"),
  contentCreatedAt: undefined,
  contentModifiedAt: new Date("2020-01-02T03:04:05Z"),
  tags: ["raw", "a,b"],
  metadata: { site: "Basel" },
  pathFields: {},
  misfit: undefined,
  seenAt: new Date("2026-01-02T03:04:06Z"),
};

const IDENTITY = [
  "box-file-id",
  "box-version-id",
  "box-sha1",
  "box-size",
  "longshore-account-id",
  "longshore-source-id",
  "longshore-seen-at",
];

const bytesOf = (metadata: Record<string, string>) =>
  Object.entries(metadata).reduce((sum, entry) => sum + Buffer.byteLength(entry.join("")), 0);

test("describes an object in words that a pipeline can read", () => {
  expect(describeObject(plain)).toEqual({
    cut: [],
    metadata: {
      "box-file-id": "11",
      "box-version-id": "22",
      "box-sha1": "da39a3ee5e6b4b0d3255bfef95601890afd80709",
      "box-size": "0",
      "box-path": "2026/März/plate 7.csv",
      "box-created-at": "2026-01-02T03:04:05.000Z",
      "box-content-modified-at": "2020-01-02T03:04:05.000Z",
      "box-uploaded-by-id": "55",
      "box-uploaded-by-login": "ada@example.com",
      "longshore-account-id": "44444444-4444-4444-8444-444444444444",
      "longshore-source-id": "33333333-3333-4333-8333-333333333333",
      "longshore-source": "Plate readers",
      "longshore-tags": '["raw","a,b"]',
      "longshore-seen-at": "2026-01-02T03:04:06.000Z",
      "meta-site": "Basel",
    },
  });
});

test("shortens a path at its beginning, before anything else is cut", () => {
  const { metadata, cut } = describeObject({ ...plain, path: `${"ü/".repeat(5000)}plate.csv` });
  expect(cut).toEqual(["box-path"]);
  expect(metadata["longshore-cut"]).toBe("box-path");
  expect(metadata["box-path"]).toMatch(/^[ü/]+\/plate\.csv$/);
  expect(metadata["meta-site"]).toBe("Basel");
  expect(bytesOf(metadata)).toBeGreaterThan(METADATA_LIMIT_BYTES - 200);
});

test("leaves out an entry that is too large and keeps what still fits after it", () => {
  const metadata = { a: "x".repeat(9000), b: "kept" };
  const described = describeObject({ ...plain, metadata });
  expect(described.cut).toEqual(["meta-a"]);
  expect(described.metadata).toMatchObject({ "meta-b": "kept", "longshore-cut": "meta" });
  expect(described.metadata["box-path"]).toBe(plain.path);
});

test("writes no half of a surrogate pair", () => {
  const { metadata } = describeObject({ ...plain, path: "a\ud800b" });
  expect(metadata["box-path"]).toBe("a\ufffdb");
});

test("what was read from the path stands in place of the source's own entry, and a misfit is told", () => {
  const { metadata } = describeObject({
    ...plain,
    metadata: { site: "Basel", study: "unknown" },
    pathFields: { study: "S1" },
    misfit: "lies 1 deep, and {study}/{run} wants 2",
  });
  expect(metadata).toMatchObject({
    "meta-site": "Basel",
    "meta-study": "S1",
    "longshore-misfit": "lies 1 deep, and {study}/{run} wants 2",
  });
});

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.integer({ min: 0, max: 9000 }).map((length) => "é".repeat(length)),
  fc.integer({ min: 7400, max: 8192 }).map((length) => "p".repeat(length)),
);
const facts: fc.Arbitrary<ObjectFacts> = fc.record({
  fileId: fc.bigInt({ min: 1n, max: 2n ** 64n }).map((id) => fileId(String(id))),
  versionId: fc.bigInt({ min: 1n, max: 2n ** 64n }).map((id) => versionId(String(id))),
  sourceId: fc.uuid().map(sourceId),
  accountId: fc.uuid().map(accountId),
  sourceName: text,
  sha1: fc.constant(plain.sha1),
  sizeBytes: fc.maxSafeNat(),
  path: text.filter((path) => path !== ""),
  uploadedBy: fc.option(
    fc.record({ id: fc.string(), login: fc.option(text, { nil: undefined }) }),
    {
      nil: undefined,
    },
  ),
  createdAt: fc.option(fc.date({ noInvalidDate: true }), { nil: undefined }),
  tags: fc.array(text, { maxLength: 5 }),
  metadata: fc.dictionary(fc.string({ maxLength: 80 }), text, { maxKeys: 8 }),
  pathFields: fc.dictionary(fc.string({ maxLength: 80 }), text, { maxKeys: 8 }),
  misfit: fc.option(text, { nil: undefined }),
  seenAt: fc.date({ noInvalidDate: true }),
});

test("never exceeds 8 KiB, never cuts identity, and says exactly when it cut", () => {
  fc.assert(
    fc.property(facts, (given) => {
      const { metadata, cut } = describeObject(given);
      expect(bytesOf(metadata)).toBeLessThanOrEqual(METADATA_LIMIT_BYTES);
      expect(metadata).toMatchObject({
        "box-file-id": given.fileId,
        "box-version-id": given.versionId,
        "longshore-source-id": given.sourceId,
      });
      expect(Object.keys(metadata)).toEqual(expect.arrayContaining(IDENTITY));
      expect(describeObject(given)).toEqual({ metadata, cut });

      const lost = Object.entries({
        "box-path": given.path,
        "longshore-source": given.sourceName,
        "longshore-misfit": given.misfit,
        "box-uploaded-by-login": given.uploadedBy?.login,
        "longshore-tags": given.tags.length > 0 ? JSON.stringify(given.tags) : undefined,
        ...Object.fromEntries(
          Object.entries({ ...given.metadata, ...given.pathFields }).map(([key, value]) => [
            `meta-${key}`,
            value,
          ]),
        ),
      })
        .filter(([key, value]) => value !== undefined && metadata[key] !== value.toWellFormed())
        .map(([key]) => key);
      expect(cut.toSorted()).toEqual(lost.toSorted());
      expect("longshore-cut" in metadata).toBe(cut.length > 0);
    }),
    { numRuns: 500 },
  );
});
