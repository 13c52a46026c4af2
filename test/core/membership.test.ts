import * as fc from "../support/dice.ts";
import { describe, expect, test } from "vitest";
import { folderId, sourceId } from "../../src/core/ids.ts";
import { compileMask } from "../../src/core/mask.ts";
import {
  type MeasuredVersion,
  placesOf,
  ruleAgainst,
  type SourceRules,
} from "../../src/core/membership.ts";
import { way } from "../support/seed.ts";

const NOON = new Date("2026-05-01T12:00:00Z");
const DAY_MS = 24 * 60 * 60 * 1000;
const daysBefore = (days: number, from = NOON) => new Date(from.getTime() - days * DAY_MS);

type Asked = Partial<SourceRules> & { include?: string[]; exclude?: string[] };

const rules = ({ include = [], exclude = [], ...rest }: Asked = {}): SourceRules => ({
  sourceId: sourceId("inbox"),
  folderId: folderId("10"),
  subfolders: true,
  mask: compileMask({ include, exclude }),
  minBytes: null,
  maxBytes: null,
  maxAgeDays: null,
  since: daysBefore(1000),
  ...rest,
});

const version = (rest: Partial<MeasuredVersion> = {}): MeasuredVersion => ({
  sizeBytes: 3,
  createdAt: NOON,
  seenAt: NOON,
  ...rest,
});

const ANCESTORS = way("0", "10 Inbox", "11 Run", "12 Raw");

describe("a file's places", () => {
  test("are every source whose folder is above it, by its path below that folder", () => {
    const [top, inbox, raw] = ["0", "10", "12"].map((id) => ({ folderId: folderId(id) }));
    const sources = [top!, inbox!, raw!, { folderId: folderId("99") }];
    expect(placesOf(ANCESTORS, "plate.csv", sources)).toEqual([
      { source: top, path: ["Inbox", "Run", "Raw", "plate.csv"] },
      { source: inbox, path: ["Run", "Raw", "plate.csv"] },
      { source: raw, path: ["plate.csv"] },
    ]);
  });

  test("are two for two sources of one folder, and none while no folder is known", () => {
    expect(placesOf(ANCESTORS, "a", [rules(), rules()])).toHaveLength(2);
    expect(placesOf([], "plate.csv", [rules()])).toEqual([]);
  });
});

describe("the rule against a version", () => {
  test.each<[string, Asked, string, Partial<MeasuredVersion>, string | undefined]>([
    ["nothing asked", {}, "Run/Raw/plate.csv", {}, undefined],
    ["an include that lets it through", { include: ["**/*.csv"] }, "a/b.csv", {}, undefined],
    ["no include that does", { include: ["*.csv"] }, "a/b.csv", {}, "include"],
    ["an exclude", { exclude: ["a/**"] }, "a/b.csv", {}, "exclude"],
    ["both", { include: ["x"], exclude: ["a/**"] }, "a/b.csv", {}, "include"],
    ["no folders below, in the folder itself", { subfolders: false }, "b.csv", {}, undefined],
    ["no folders below, in one", { subfolders: false }, "a/b.csv", {}, "subfolders"],
    ["at least so many bytes", { minBytes: 3 }, "b.csv", {}, undefined],
    ["more bytes than it has", { minBytes: 4 }, "b.csv", {}, "size"],
    ["at most so many bytes", { maxBytes: 3 }, "b.csv", {}, undefined],
    ["fewer bytes than it has", { maxBytes: 2 }, "b.csv", {}, "size"],
    ["at most none, of an empty one", { maxBytes: 0 }, "b.csv", { sizeBytes: 0 }, undefined],
    ["just young enough", { maxAgeDays: 7 }, "b.csv", { createdAt: daysBefore(7) }, undefined],
    ["too old", { maxAgeDays: 7 }, "b.csv", { createdAt: daysBefore(7.01) }, "age"],
    [
      "an age that Box does not say",
      { maxAgeDays: 7 },
      "b.csv",
      { createdAt: undefined },
      undefined,
    ],
    [
      "young when first seen, and old when the source was registered",
      { maxAgeDays: 7, since: daysBefore(-30) },
      "b.csv",
      {},
      "age",
    ],
  ])("with %s", (_asked, asked, path, seen, expected) => {
    expect(ruleAgainst(rules(asked), path.split("/"), version(seen))).toBe(expected);
  });

  test("is the same whenever it is asked, and a wider limit never wants less", () => {
    const days = fc.integer({ min: 0, max: 3000 });
    fc.assert(
      fc.property(days, days, days, fc.nat(), fc.nat(), (made, limit, more, size, most) => {
        const seen = version({ sizeBytes: size, createdAt: daysBefore(made) });
        const narrow = rules({ maxAgeDays: limit, maxBytes: most });
        const wide = rules({ maxAgeDays: limit + more, maxBytes: most + more });
        if (ruleAgainst(narrow, ["a"], seen) === undefined)
          expect(ruleAgainst(wide, ["a"], seen)).toBeUndefined();
      }),
    );
  });
});
