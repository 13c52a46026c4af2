import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { fileId, folderId } from "../../src/core/ids.ts";
import { askChecks, askWalks } from "../../src/db/debts.ts";
import { rows } from "../../src/db/open.ts";
import * as fc from "../support/dice.ts";
import { accountForEach } from "../support/for-each.ts";
import { after, NOON } from "../support/seed.ts";

const at = accountForEach();

const moment = fc.nat({ max: 100 }).map(after);
const earliest = (...times: number[]) => new Date(Math.min(...times));

const askedCheck = fc.record({
  dueAt: moment,
  told: fc.uniqueArray(fc.constantFrom("101", "102", "103")),
  precaution: fc.boolean(),
  priority: fc.constantFrom(0, 10),
});

test("whoever asks for a file to be looked at has it looked at no later, and for all that any of them was told of", async () => {
  let file = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(askedCheck, { minLength: 1, maxLength: 4 }), async (askings) => {
      const id = fileId(String(++file));
      for (const { told, ...asked } of askings) {
        const named = Object.fromEntries(told.map((version) => [version, { at: NOON.toJSON() }]));
        const check = { fileId: id, reason: "asked", told: named, ...asked };
        await askChecks(at.db, at.account, [check], "events");
      }
      const [row] = await rows<{ dueAt: string; told: object }>(
        at.db,
        sql`select asked, due_at as "dueAt", told, precaution, priority from checks where file_id = ${id}`,
      );
      expect({ ...row, dueAt: new Date(row!.dueAt), told: Object.keys(row!.told) }).toEqual({
        asked: askings.length,
        dueAt: earliest(...askings.map(({ dueAt }) => dueAt.getTime())),
        told: [...new Set(askings.flatMap(({ told }) => told))].sort(),
        precaution: askings.every(({ precaution }) => precaution),
        priority: Math.min(...askings.map(({ priority }) => priority)),
      });
    }),
    { numRuns: 40 },
  );
});

const askedWalk = fc.record({ rounds: fc.nat({ max: 4 }), signalledAt: moment });

test("a folder is walked as often, and answers for as long ago, as the furthest of those that ask for it, together or in turn", async () => {
  let folder = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(askedWalk, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
      async (batches) => {
        const id = folderId(String(++folder));
        const seen = { folderId: id, recursive: true, reason: "asked" };
        for (const batch of batches)
          await askWalks(
            at.db,
            at.account,
            batch.map((asked) => ({ ...seen, ...asked })),
            "events",
          );
        const [row] = await rows<{ signalledAt: string }>(
          at.db,
          sql`select asked, rounds_left as rounds, signalled_at as "signalledAt" from walks
            where folder_id = ${id}`,
        );
        expect({ ...row, signalledAt: new Date(row!.signalledAt) }).toEqual({
          asked: batches.length,
          rounds: Math.max(...batches.flat().map(({ rounds }) => rounds)),
          signalledAt: earliest(...batches.flat().map(({ signalledAt }) => signalledAt.getTime())),
        });
      },
    ),
    { numRuns: 40 },
  );
});
