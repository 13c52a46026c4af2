import { describe, expect, it } from "vitest";

import { fileId } from "../../src/core/ids.ts";
import { startBox } from "./client-box.ts";

const FILE = fileId("400001");

describe("the past versions of a file", () => {
  const row = (id: number) => ({ id: String(id), sha1: "0".repeat(40), size: 1, name: "a" });

  it("leave out what lies in the trash, and compare SHA-1s in lower case", async () => {
    const { client, asked } = await startBox({ "GET /2.0/files/400001/versions": "file-versions" });
    expect(await client.pastVersions(FILE)).toMatchObject([
      { versionId: "499999", sha1: "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8", sizeBytes: 48300 },
      { versionId: "500001", name: "plate 7 – München.csv" },
    ]);
    expect(asked()).toMatchObject({ limit: "1000", offset: "0" });
  });

  it("are read page by page, by the limit that Box granted, though rows are hidden", async () => {
    const { client, seen } = await startBox(({ path }) => {
      const offset = Number(new URL(path, "http://box").searchParams.get("offset"));
      const entries = offset === 2 ? [] : [row(offset)];
      return { entries, total_count: 6, limit: 2, offset };
    });
    const versions = await client.pastVersions(FILE);
    expect(versions.map(({ versionId }) => versionId)).toEqual(["0", "4"]);
    expect(seen).toHaveLength(3);
  });

  it("are read to their end from a Box that counts nothing and grants few", async () => {
    const past = [1, 2, 3, 4, 5].map(row);
    const { client, seen } = await startBox(({ path }) => {
      const offset = Number(new URL(path, "http://box").searchParams.get("offset"));
      return { entries: past.slice(offset, offset + 2) };
    });
    expect(await client.pastVersions(FILE)).toHaveLength(5);
    expect(seen).toHaveLength(4);
  });

  it("leave out what lacks a fact, with a warning", async () => {
    const { client, lines } = await startBox(() => ({
      entries: [row(1), { ...row(2), sha1: null }, null],
      total_count: 3,
    }));
    expect(await client.pastVersions(FILE)).toMatchObject([{ versionId: "1" }]);
    expect(lines.join()).toContain("2 past versions of file 400001 lack");
  });

  it("end where Box refuses to count on, with a warning", async () => {
    const { client, seen, lines } = await startBox(() => ({
      entries: [row(1)],
      total_count: 20_000,
      limit: 1000,
    }));
    expect(await client.pastVersions(FILE)).toHaveLength(11);
    expect(seen).toHaveLength(11);
    expect(lines.join()).toContain("20000 past versions");
  });
});
