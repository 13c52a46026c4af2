import { deflateRawSync } from "node:zlib";
import * as fc from "../../support/dice.ts";
import { expect, test } from "vitest";
import { folderId } from "../../../src/core/ids.ts";
import { readCursor, toPreview } from "../../../src/http/api/preview-cursor.ts";
import type { Preview } from "../../../src/operations/preview-source.ts";

const EMPTY: Preview = {
  boxCalls: 0,
  foldersListed: 0,
  foldersPassed: 0,
  notFiles: 0,
  verdicts: {},
  misfits: 0,
  newlyOwed: { files: 0, bytes: 0 },
  items: [],
  frontier: [],
};
const OF = { folderId: "100", slug: "plates" };

test("a tree too wide for a cursor is cut, and never called complete afterwards", () => {
  const wide = Array.from({ length: 10_003 }, (_, at) => ({
    folderId: folderId(String(at)),
    below: ["a folder whose name is of middling length", String(at)],
  }));
  const first = toPreview({ ...EMPTY, frontier: wide }, OF, 0);
  expect(first).toMatchObject({ complete: false, foldersLeftOut: 3 });
  expect(first.nextCursor?.length).toBeLessThan(1 << 19);
  const cursor = readCursor(first.nextCursor ?? "");
  expect(cursor).toMatchObject({ ...OF, leftOut: 3 });
  expect(cursor?.frontier).toEqual(wide.slice(3));
  const last = toPreview(EMPTY, OF, 3);
  expect(last).toMatchObject({ complete: false, nextCursor: null, foldersLeftOut: 3 });
});

test("what is no cursor of ours is none, whatever it holds", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.uint8Array(), fc.json()), (text) => {
      const odd = typeof text === "string" ? text : Buffer.from(text).toString("base64url");
      expect(readCursor(odd)).toBeUndefined();
      expect(readCursor(deflateRawSync(odd).toString("base64url"))).toBeUndefined();
    }),
  );
  const bomb = deflateRawSync(Buffer.alloc(32 << 20, " ")).toString("base64url");
  expect(readCursor(bomb)).toBeUndefined();
});
