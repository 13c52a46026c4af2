import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { rows } from "../../src/db/open.ts";
import { createWalkFolder } from "../../src/jobs/walk-folder.ts";
import { aWalk } from "../http/api/rows.ts";
import { inboxForEach } from "../support/for-each.ts";
import { queuedJobs, seedSource } from "../support/seed.ts";
import { NEVER, scriptBox, workbench } from "./workbench.ts";

const at = inboxForEach();

/** A signal's walk of a folder that Box does not show. */
async function walkUnseen(folderId: string) {
  const values = { kind: "signal", sourceId: null, recursive: false, reason: "DELETE" } as const;
  const source = { id: at.source, accountId: at.account, folderId };
  const { id } = await aWalk(at.db, source, values);
  const box = scriptBox({ folder: async () => undefined });
  await createWalkFolder(workbench(at.db, box).deps)({ walkId: id }, NEVER);
  return rows<{ id: string; source: string; reason: string }>(
    at.db,
    sql`select id::text as id, source_id as source, reason from walks where kind = 'sweep' and state = 'due'`,
  );
}

test("each source whose folder a signal's walk does not see is listed, which says that it cannot be", async () => {
  const other = await seedSource(at.db, at.account, "10");
  const sweeps = await walkUnseen("10");
  expect(sweeps.map(({ source }) => source).sort()).toEqual([at.source, other].sort());
  expect(sweeps[0]?.reason).toBe("DELETE: its folder may be hidden");
  expect((await queuedJobs(at.db)).map(({ payload }) => String(payload["walkId"])).sort()).toEqual(
    sweeps.map(({ id }) => id).sort(),
  );
});

test("another folder that it does not see concerns no source", async () => {
  expect(await walkUnseen("77")).toEqual([]);
});

test("a source that is known to be unreachable is not listed once more", async () => {
  const source = { id: at.source, accountId: at.account, folderId: "10" };
  await aWalk(at.db, source, { kind: "sweep", state: "given_up", failure: "not_found" });
  expect(await walkUnseen("10")).toEqual([]);
});
