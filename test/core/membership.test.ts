import { expect, test } from "vitest";
import { folderId, sourceId } from "../../src/core/ids.ts";
import { compileMask } from "../../src/core/mask.ts";
import { placesOf } from "../../src/core/membership.ts";
import { way } from "../support/seed.ts";

const source = (id: string, folder: string, include: string[] = []) => ({
  sourceId: sourceId(id),
  folderId: folderId(folder),
  matches: compileMask({ include, exclude: [] }),
});

const ANCESTORS = way("0", "10 Inbox", "11 Run", "12 Raw");

test("a file belongs to every source whose folder is above it, by its path below that folder", () => {
  const sources = [source("top", "0"), source("inbox", "10"), source("raw", "12")];
  expect(placesOf(ANCESTORS, "plate.csv", sources)).toEqual([
    { sourceId: "top", path: ["Inbox", "Run", "Raw", "plate.csv"] },
    { sourceId: "inbox", path: ["Run", "Raw", "plate.csv"] },
    { sourceId: "raw", path: ["plate.csv"] },
  ]);
});

test("a file belongs to no source whose folder is elsewhere or whose masks refuse its path", () => {
  expect(placesOf(ANCESTORS, "plate.csv", [source("else", "99")])).toEqual([]);
  const sources = [source("deep", "10", ["Run/Raw/*.csv"]), source("flat", "10", ["*.csv"])];
  expect(placesOf(ANCESTORS, "plate.csv", sources)).toMatchObject([{ sourceId: "deep" }]);
  expect(placesOf(ANCESTORS, "plate.tmp", sources)).toEqual([]);
});

test("two sources of one folder are two places", () => {
  expect(placesOf(ANCESTORS, "a", [source("one", "10"), source("two", "10")])).toHaveLength(2);
});

test("a file of which no folder is known belongs nowhere", () => {
  expect(placesOf([], "plate.csv", [source("inbox", "10")])).toEqual([]);
});
