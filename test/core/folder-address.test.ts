import { expect, test } from "vitest";
import { readFolderAddress } from "../../src/core/folder-address.ts";

test.each([
  ["123", "123"],
  [" 0\n", "0"],
  ["https://app.box.com/folder/123", "123"],
  ["https://ent.app.box.com/folder/123?sortColumn=date#top", "123"],
  ["HTTPS://APP.BOX.COM/folder/9007199254740993/", "9007199254740993"],
  ["app.box.com/folder/0", "0"],
  ["https://app.box.com/s/abc123_-/folder/456", "456"],
  ["https://app.box.com/files/0/f/789/Plate%20reader", "789"],
])("%j means folder %s", (pasted, id) => {
  expect(readFolderAddress(pasted)).toBe(id);
});

test.each([
  ["https://app.box.com/s/abcdef", "shared link"],
  ["https://ent.box.com/v/plates", "shared link"],
  ["https://app.box.com/s/abcdef/folder/inbox", "shared link"],
  ["https://app.box.com/file/123", "of a file"],
  ["https://app.box.com/folder/inbox", "names no folder"],
  ["https://app.box.com/", "names no folder"],
  ["https://box.com.example/folder/1", "neither"],
  ["https://notbox.com/folder/1", "neither"],
  ["Inbox", "neither"],
  ["-1", "neither"],
  ["", "neither"],
  ["9".repeat(31), "neither"],
])("%j is refused as what it is, with what to paste instead", (pasted, words) => {
  expect(() => readFolderAddress(pasted)).toThrow(
    expect.objectContaining({
      kind: "invalid",
      message: expect.stringContaining(words) as string,
      hint: expect.stringMatching(/paste/i) as string,
    }),
  );
});
