import { expect, test } from "vitest";
import { Failure } from "../../src/core/failure.ts";
import type { AccountId } from "../../src/core/ids.ts";
import { findAccount } from "../../src/db/accounts.ts";
import type { accounts } from "../../src/db/schema.ts";
import { createKeepLogins } from "../../src/jobs/keep-logins.ts";
import { databaseForEach } from "../support/for-each.ts";
import { seedAccount } from "../support/seed.ts";
import { NEVER, scriptBox, workbench } from "./workbench.ts";

const at = databaseForEach();

const days = (count: number) => new Date(Date.now() - count * 24 * 3_600_000);
const idle = (rest: Partial<typeof accounts.$inferInsert> = {}) =>
  seedAccount(at.db, { authKind: "oauth", renewedAt: days(8), ...rest });

/** One day's renewal; answers whose logins were used. */
async function renew(refusals: Record<AccountId, Failure> = {}) {
  const { deps } = workbench(at.db, scriptBox());
  const used: AccountId[] = [];
  const of = async (account: AccountId) =>
    scriptBox({
      async logIn() {
        used.push(account);
        const refusal = refusals[account];
        if (refusal) throw refusal;
      },
    }).client;
  const keep = createKeepLogins({ db: at.db, boxes: { ...deps.boxes, of } });
  return { outcome: await keep({}, NEVER), used };
}

test("a login that lay idle for a week is renewed, of a linked account as of a paused one", async () => {
  const lying = [await idle(), await idle({ state: "paused", reason: "Enough" })];
  const { outcome, used } = await renew();
  expect(used.sort()).toEqual(lying.sort());
  expect(outcome).toMatchObject({ outcome: "done", fields: { accounts: 2 } });
});

test("Box is not asked for logins in use, for other credentials, or for accounts that are gone or refused", async () => {
  await idle({ renewedAt: days(6) });
  await idle({ authKind: "ccg" });
  await idle({ state: "deleted" });
  await idle({ state: "needs_relogin" });
  expect(await renew()).toEqual({ outcome: { outcome: "idle" }, used: [] });
});

test("a login that Box refuses is noted, and the others are renewed all the same", async () => {
  const [dead, paused, well] = [
    await idle(),
    await idle({ state: "paused", reason: "Enough" }),
    await idle(),
  ];
  const refusal = new Failure("unauthorized", "Box forgot it");
  const { outcome, used } = await renew({ [dead]: refusal, [paused]: refusal });
  expect(used).toContain(well);
  expect(outcome).toMatchObject({ outcome: "set_back", failure: refusal });
  expect(await findAccount(at.db, dead)).toMatchObject({
    state: "needs_relogin",
    reason: "Box forgot it",
  });
  expect(await findAccount(at.db, paused)).toMatchObject({
    state: "paused",
    reason: "Enough; Box refuses its credentials: Box forgot it",
  });
  expect(await findAccount(at.db, well)).toMatchObject({ state: "linked" });
});

test("with Box away the accounts stay as they are", async () => {
  const account = await idle();
  await renew({ [account]: new Failure("transient", "Box does not answer") });
  expect(await findAccount(at.db, account)).toMatchObject({ state: "linked" });
});
