import * as fc from "../support/dice.ts";
import { describe, expect, test } from "vitest";
import { fileId, versionId } from "../../src/core/ids.ts";
import { extensionOf, type NamedVersion, objectName, slugOf } from "../../src/core/object-name.ts";

const named = (path: string[], rest: Partial<NamedVersion> = {}): NamedVersion => ({
  prefix: "landed",
  slug: "plates",
  path,
  fileId: fileId("11"),
  versionId: versionId("22"),
  ...rest,
});

/** Any text at all, with what Box and GCS do not like more often than chance would have it. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc.string({ unit: fc.constantFrom("/", "\\", ".", "%", "~", "\0", "\r", "#", "ü", "\ud800") }),
  fc.constantFrom("", ".", "..", "...", "a.csv.gz", ".gz", "%2F", "\udfff", "\u2028", " "),
);
const path = fc.array(text, { minLength: 1, maxLength: 30 });
const slug = fc.string().map(slugOf);
const id = fc.oneof(
  fc.bigInt({ min: 0n, max: 10n ** 64n - 1n }).map(String),
  fc.string({ unit: fc.constantFrom("-", "_", ".", "/", "%", "2", "D", "é"), maxLength: 12 }),
);
const version = fc.record({
  prefix: fc.constantFrom("", "landed", "a/b/c", "p".repeat(200)),
  slug,
  path,
  fileId: id.map(fileId),
  versionId: id.map(versionId),
});

describe("the name of a version in the lake", () => {
  test.each([
    [["plate 7.csv"], "landed/plates/plate 7.csv/11-22.csv"],
    [["lab", "März", "run.fastq.gz"], "landed/plates/lab/März/run.fastq.gz/11-22.fastq.gz"],
    [["no ending"], "landed/plates/no ending/11-22"],
    [[".env"], "landed/plates/.env/11-22"],
    [["..", ".", "a.b"], "landed/plates/%2E%2E/%2E/a.b/11-22.b"],
    [["50% of #1?.csv"], "landed/plates/50%25 of %231%3F.csv/11-22.csv"],
    [["a/b\\c\n"], "landed/plates/a%2Fb%5Cc%0A/11-22"],
    [["a\ud800b.csv"], "landed/plates/a\ufffdb.csv/11-22.csv"],
  ])("of %j is %j", (path, name) => {
    expect(objectName(named(path))).toBe(name);
  });

  test("begins with the slug where the lake's address has no prefix", () => {
    expect(objectName(named(["a.csv"], { prefix: "" }))).toBe("plates/a.csv/11-22.csv");
  });

  test("is one that GCS takes, whatever Box says the path is", () => {
    fc.assert(
      fc.property(version, (version) => {
        const name = objectName(version);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(1024);
        expect(name.isWellFormed()).toBe(true);
        expect(name).not.toMatch(/\p{Cc}|[#?*[\]]/u);
        const parts = name.split("/");
        for (const part of parts) expect(["", ".", ".."]).not.toContain(part);
        expect(objectName(version)).toBe(name);
      }),
      { numRuns: 2000 },
    );
  });

  test("is never longer than 1024 bytes, and uses them all where a path is long", () => {
    const lengths = Array.from({ length: 300 }, (_, more) => 850 + more).map((length) => {
      const path = [
        "é".repeat(length / 2),
        "/#?".repeat(length % 7),
        `${"x".repeat(length % 11)}.csv`,
      ];
      return Buffer.byteLength(objectName(named(path, { prefix: "p".repeat(length % 200) })));
    });
    expect(Math.max(...lengths)).toBeLessThanOrEqual(1024);
    expect(Math.max(...lengths)).toBeGreaterThan(1000);
    const deep = Array.from({ length: 2000 }, () => "a");
    expect(Buffer.byteLength(objectName(named(deep)))).toBeLessThanOrEqual(1024);
  });

  test("tells two versions apart whatever their paths are", () => {
    const apart = fc.tuple(version, version, fc.boolean()).map(([one, other, samePath]) => ({
      one,
      other: { ...other, prefix: one.prefix, path: samePath ? one.path : other.path },
    }));
    fc.assert(
      fc.property(apart, ({ one, other }) => {
        const keyOf = (version: NamedVersion) =>
          JSON.stringify([version.slug, version.fileId, version.versionId]);
        fc.pre(keyOf(one) !== keyOf(other));
        expect(objectName(one)).not.toBe(objectName(other));
      }),
      { numRuns: 2000 },
    );
  });

  test("never lets the dash between the ids move", () => {
    const ids = (file: string, version: string) =>
      objectName(named(["a"], { fileId: fileId(file), versionId: versionId(version) }));
    expect(ids("1-2", "3")).not.toBe(ids("1", "2-3"));
    expect(ids("1", "2.csv")).not.toBe(
      objectName(named(["a.csv"], { fileId: fileId("1"), versionId: versionId("2") })),
    );
  });

  test("keeps long paths apart where it cuts them", () => {
    const long = (last: string) => [...Array.from({ length: 40 }, () => "x".repeat(60)), last];
    const [left, right] = [objectName(named(long("a"))), objectName(named(long("b")))];
    expect(left.split("/").slice(0, -1)).not.toEqual(right.split("/").slice(0, -1));
    const deep = (name: string) => objectName(named([`${"y".repeat(2000)}${name}`, "a.csv"]));
    expect(deep("1")).not.toBe(deep("2"));
  });
});

test.each([
  ["plate.csv", ".csv"],
  ["PLATE.CSV", ".CSV"],
  ["reads.fastq.gz", ".fastq.gz"],
  ["a.tar.xz", ".tar.xz"],
  ["archive.gz", ".gz"],
  [".gz", ""],
  [".bashrc", ""],
  ["none", ""],
  ["dot.", ""],
  ["a.b c", ""],
  ["a.thirteenchars", ""],
  ["v1.2 final.docx", ".docx"],
  ["", ""],
])("the ending of %j is %j", (name, ending) => {
  expect(extensionOf(name)).toBe(ending);
});

test.each([
  ["Plate reader 7", "plate-reader-7"],
  ["  Çürük / Ölçüm!  ", "curuk-olcum"],
  ["日本語", "source"],
  ["", "source"],
  ["a".repeat(47) + " b", "a".repeat(47)],
])("the slug of %j is %j", (name, expected) => {
  expect(slugOf(name)).toBe(expected);
});

test("a slug is short, plain, and its own slug", () => {
  fc.assert(
    fc.property(text, (name) => {
      const slug = slugOf(name);
      expect(slug).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(slug.length).toBeLessThanOrEqual(48);
      expect(slugOf(slug)).toBe(slug);
    }),
  );
});
