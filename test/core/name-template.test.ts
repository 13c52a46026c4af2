import * as fc from "../support/dice.ts";
import { describe, expect, test } from "vitest";
import { fileId, versionId } from "../../src/core/ids.ts";
import {
  compileNameTemplate,
  faultOfNameTemplate,
  type TemplatedVersion,
} from "../../src/core/name-template.ts";

const AT = new Date("2026-05-01T23:30:00Z");

const version = (path: string, rest: Partial<TemplatedVersion> = {}): TemplatedVersion => ({
  prefix: "landed",
  slug: "plates",
  path: path.split("/"),
  fileId: fileId("11"),
  versionId: versionId("22"),
  fields: {},
  at: AT,
  ...rest,
});

describe("a name by a template", () => {
  test.each([
    ["{fileId}/{versionId}", "a/b.csv", "11/22"],
    [
      "{path}/{fileName}/{fileId}-{versionId}{extension}",
      "a/b/c.csv.gz",
      "a/b/c.csv.gz/11-22.csv.gz",
    ],
    ["{path}/{stem}_{fileId}_{versionId}{extension}", "c.csv", "c_11_22.csv"],
    ["study={study}/{date}/{fileId}-{versionId}", "c.csv", "study=S 1%2F2/2026-05-01/11-22"],
    ["{missing}/{year}{month}{day}{hour}/{fileId}/{versionId}", "c", "_/2026050123/11/22"],
    ["{stem}/{fileId}/{versionId}", "..", "%2E%2E/11/22"],
    ["{fileName}/{fileId}/{versionId}", "a/50%?", "50%25%3F/11/22"],
    ["Größe, (1)/{fileId}@{versionId}", "c", "Größe, (1)/11@22"],
    ["{toString}/{fileId}/{versionId}", "c", "_/11/22"],
  ])("%s of %s is %s", (template, path, below) => {
    expect(compileNameTemplate(template)(version(path, { fields: { study: "S 1/2" } }))).toBe(
      `landed/plates/${below}`,
    );
  });

  test("begins with the slug where there is no prefix", () => {
    const named = compileNameTemplate("{fileId}/{versionId}");
    expect(named(version("a", { prefix: "" }))).toBe("plates/11/22");
  });

  test("keeps the end of a name whole where its path is too long", () => {
    const named = compileNameTemplate("{path}/{fileName}/{fileId}/{versionId}{extension}");
    const deep = Array.from({ length: 40 }, (_, at) => `${at}${"x".repeat(60)}`).join("/");
    const name = named(version(`${deep}/plate.csv`));
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(1024);
    expect(name).toMatch(/^landed\/plates\/0x+\/.*\/plate\.csv\/11\/22\.csv$/);
  });
});

const FIELDS = ["study", "run"];

describe("the fault of a template for names", () => {
  test.each([
    ["", /empty/],
    ["{fileId}", /does not hold \{versionId\}.*versions of one file/],
    ["{path}/{versionId}", /does not hold \{fileId\}.*two files/],
    ["{fileId}{versionId}", /could share a name.*set it off/],
    ["{stem}{fileId}-{versionId}", /\{fileId\}.*could share/],
    ["{study}{fileId}/{versionId}", /could share/],
    ["{fileId}{study}/{versionId}", /could share/],
    ["{stem}-{fileId}-{study}/{versionId}", /\{fileId\}.*could share/],
    ["{stem}.{fileId}{extension}/{versionId}", /could share/],
    ["{fileName}{fileId}{year}/{versionId}", /could share/],
    ["{fileId}/{versionId}x{study}", /could share/],
    ["/{fileId}/{versionId}", /slash/],
    ["{fileId}/{versionId}/", /slash/],
    ["{fileId}/../{versionId}", /dots/],
    ["{fileId}/{versionId}/{unknown}", /\{unknown\}.*neither/],
    ["{fileId}/{versionId}/{}", /neither/],
    ["{fileId}/{versionId}/{path}{stem}", /beside other text/],
    ["{path}/{fileId}/{versionId}/{path}", /twice/],
    ["{fileId/{versionId}", /brace/],
    ["{fileId}/{versionId}#", /"#"/],
    ["{fileId}/{versionId}%2F", /"%"/],
    ["{fileId}/{versionId}\ud800", /holds/],
    [`{fileId}/{versionId}/${"x".repeat(200)}`, /more than 200 bytes/],
    [`{fileId}/{versionId}/${"{stem}-".repeat(11)}`, /more than 12 words/],
  ])("of %j is told", (template, fault) => {
    expect(faultOfNameTemplate(template, FIELDS)).toMatch(fault);
  });

  test("is told of a field that is called like a word", () => {
    expect(faultOfNameTemplate("{date}/{fileId}/{versionId}", ["date"])).toMatch("call its field");
    expect(faultOfNameTemplate("{fileId}/{versionId}", ["date"])).toBeUndefined();
  });

  test.each([
    ["{fileId}/{versionId}"],
    ["{versionId}-{fileId}{extension}"],
    ["{path}/{stem}_{fileId}_{versionId}{extension}"],
    ["study={study}/{year}/{fileId}-{versionId}-{fileName}"],
    ["{study}-{fileId}/{versionId}+{fileName}"],
    ["{fileName}@{fileId}{date}/v{versionId}.raw"],
    ["{stem}-{fileId}-{versionId}-{date}{extension}"],
  ])("of %s is none", (template) => {
    expect(faultOfNameTemplate(template, FIELDS)).toBeUndefined();
  });
});

/** Every segment of at most so many of these parts. */
const PARTS = ["{fileId}", "{versionId}", "{study}", "{extension}", "{year}", "-", ".", "1"];
function segmentsOf(longest: number): string[] {
  if (longest === 0) return [""];
  const shorter = segmentsOf(longest - 1);
  const whole = shorter.flatMap((text) => PARTS.map((part) => `${text}${part}`));
  return [...new Set([...shorter, ...whole])];
}
const few = segmentsOf(2);
const accepted = [
  ...segmentsOf(4).flatMap((segment) => [segment, `{fileId}/${segment}`]),
  ...segmentsOf(3).map((segment) => `{path}/${segment}`),
  ...few.flatMap((one) => few.map((other) => `${one}/${other}`)),
  "{fileId}-{study}/{path}/{stem}_{versionId}-{date}{extension}",
  "{stem}-{versionId}/{path}/{fileId}_{study}",
].filter((text) => faultOfNameTemplate(text, FIELDS) === undefined);

/** Texts that look like what stands around them. */
const hostile = fc.string({
  unit: fc.constantFrom("1", "2", "-", "_", ".", "v", "/", "%"),
  maxLength: 5,
});
const id = fc.oneof(
  fc.string({ unit: fc.constantFrom("1", "2"), minLength: 1, maxLength: 3 }),
  fc.string({ unit: fc.constantFrom("-", "_", ".", "/", "%", "1", "v", "é"), maxLength: 4 }),
  fc.constantFrom("9".repeat(64), "8".repeat(64)),
);
const named = fc.record({
  prefix: fc.constant("landed"),
  slug: fc.constant("s"),
  path: fc.array(hostile, { minLength: 1, maxLength: 3 }),
  fileId: id.map(fileId),
  versionId: id.map(versionId),
  fields: fc.record({ study: hostile }, { requiredKeys: [] }),
  at: fc.constantFrom(AT, new Date("1970-01-01T00:00:00Z")),
});

test("a template that is not refused gives two versions two names, whatever Box calls their files", () => {
  const ids = ["1", "2", "12", "-1"];
  const names = ["1", "1.1", "1.12", "1.gz", "1.12.gz", "1-1", "1-1.1"];
  const studies = ["1", "1-1", "1.1", "12", "1-"];
  const seen = names.flatMap((name) =>
    studies.flatMap((study) =>
      ids.flatMap((file) => ids.map((made) => ({ name, study, file, made }))),
    ),
  );
  for (const template of accepted) {
    const nameOf = compileNameTemplate(template);
    const taken = new Map<string, string>();
    for (const { name, study, file, made } of seen) {
      const ids = { fileId: fileId(file), versionId: versionId(made) };
      const named = nameOf(version(`1/${name}`, { ...ids, fields: { study } }));
      const before = taken.get(named);
      if (before !== undefined && before !== `${file} ${made}`)
        expect.fail(`${template} calls ${before} and ${file} ${made} alike: ${named}`);
      taken.set(named, `${file} ${made}`);
    }
  }
});

test("nor do ids and fields of any form", () => {
  fc.assert(
    fc.property(fc.constantFrom(...accepted), named, named, (text, one, other) => {
      fc.pre(one.fileId !== other.fileId || one.versionId !== other.versionId);
      const nameOf = compileNameTemplate(text);
      expect(nameOf(one)).not.toBe(nameOf(other));
    }),
    { numRuns: 2000 },
  );
});

test("a template that is not refused gives names that GCS takes, whatever Box calls the file", () => {
  const any = fc.oneof(
    fc.string({ unit: "binary", maxLength: 30 }),
    fc.constantFrom(
      "",
      ".",
      "..",
      "\udfff",
      "\u2028",
      "a.csv.gz",
      "x".repeat(255),
      "ü%".repeat(500),
    ),
  );
  const free = fc.constantFrom("{stem}", "{fileName}", "{study}", "{run}");
  const wide = fc
    .tuple(fc.array(free, { maxLength: 9 }), fc.string({ unit: fc.constant("x"), maxLength: 170 }))
    .map(([words, text]) =>
      ["{path}", ...words, `${text}{fileId}-{versionId}{extension}`].join("/"),
    );
  fc.assert(
    fc.property(
      fc.oneof(fc.constantFrom(...accepted), wide),
      fc.record({
        prefix: fc.constantFrom("", "p".repeat(200)),
        slug: fc.constant("s".repeat(52)),
        path: fc.array(any, { minLength: 1, maxLength: 12 }),
        fileId: id.map(fileId),
        versionId: id.map(versionId),
        fields: fc.record({ study: any, run: any }, { requiredKeys: [] }),
        at: fc.date(),
      }),
      (text, version) => {
        fc.pre(faultOfNameTemplate(text, FIELDS) === undefined);
        fc.pre(!Number.isNaN(version.at.getTime()));
        const name = compileNameTemplate(text)(version);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(1024);
        expect(name.isWellFormed()).toBe(true);
        expect(name).not.toMatch(/\p{Cc}|[#?*[\]]/u);
        for (const part of name.split("/")) expect(["", ".", ".."]).not.toContain(part);
        const head = version.prefix === "" ? version.slug : `${version.prefix}/${version.slug}`;
        expect(name.startsWith(`${head}/`)).toBe(true);
        expect(compileNameTemplate(text)(version)).toBe(name);
      },
    ),
    { numRuns: 500 },
  );
});
