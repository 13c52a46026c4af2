import { describe, expect, it } from "vitest";
import { folderId } from "../../src/core/ids.ts";
import { startBox } from "./client-box.ts";

const FOLDER = folderId("300002");
const row = (id: number) => ({ type: "folder", id: String(id), name: `Run ${id}` });

/** Ids of all folders in a folder, page by page. */
async function listed(answer: (query: URLSearchParams) => object) {
  const { client, seen } = await startBox(({ path }) =>
    answer(new URL(path, "http://box").searchParams),
  );
  const ids: string[] = [];
  let marker: string | undefined;
  do {
    const page = await client.folderItems(FOLDER, marker);
    ids.push(...page.folders.map((folder) => folder.folderId));
    marker = page.nextMarker;
  } while (marker !== undefined);
  return { ids, calls: seen.length };
}

describe("a folder of a server that does not page by marker", () => {
  const all = [1, 2, 3, 4, 5].map(row);
  const byOffset = (query: URLSearchParams, isHidden?: (nth: number) => boolean) => {
    const offset = Number(query.get("offset") ?? 0);
    const entries = all.filter((_, nth) => nth >= offset && nth < offset + 2 && !isHidden?.(nth));
    return { entries, offset, limit: 2, total_count: all.length, order: [] };
  };

  it("is listed to its end, by offset", async () => {
    const { ids, calls } = await listed((query) => byOffset(query));
    expect(ids).toEqual(["1", "2", "3", "4", "5"]);
    expect(calls).toBe(3);
  });

  it("asks for no marker beside an offset, which Box refuses", async () => {
    const asked: string[] = [];
    await listed((query) => {
      if (query.has("offset")) asked.push(...query.keys());
      return byOffset(query);
    });
    expect(new Set(asked)).toEqual(new Set(["fields", "limit", "offset"]));
  });

  it("goes on by the limit that was granted, though rows are hidden", async () => {
    const { ids } = await listed((query) => byOffset(query, (nth) => nth === 2 || nth === 3));
    expect(ids).toEqual(["1", "2", "5"]);
  });

  it("ends where all is counted, and where nothing is", async () => {
    const { calls } = await listed(() => ({ entries: all, limit: 1000, total_count: 5 }));
    expect(calls).toBe(1);
    expect((await listed(() => ({ entries: all }))).calls).toBe(1);
  });
});

it("a page by marker ends the folder at its last, whatever else is counted beside", async () => {
  const pages: Record<string, object> = {
    first: { entries: [row(1)], next_marker: "m", total_count: 9 },
    m: { entries: [row(2)], total_count: 9 },
  };
  const { ids } = await listed((query) => pages[query.get("marker") ?? "first"] ?? {});
  expect(ids).toEqual(["1", "2"]);
  for (const next_marker of [null, ""])
    expect((await listed(() => ({ entries: [row(1)], next_marker, total_count: 9 }))).calls).toBe(
      1,
    );
});
