import * as fc from "../support/dice.ts";
import { expect, test } from "vitest";
import { accountId } from "../../src/core/ids.ts";
import { type AccountStreams, planStreams, streamsOf } from "../../src/core/streams.ts";

const ENTERPRISE = "admin_logs_streaming";

/** A linked account of enterprise 5 that reads its stream and has a source. */
const anAccount = (id: string, rest: Partial<AccountStreams> = {}): AccountStreams => ({
  accountId: accountId(id),
  enterpriseId: "5",
  state: "linked",
  stream: ENTERPRISE,
  hasSources: true,
  hasForeign: false,
  positions: [],
  ...rest,
});

const at = (stream: "changes" | typeof ENTERPRISE, minute = 0) => ({
  stream,
  readAt: new Date(minute * 60_000),
});

test("a folder of the enterprise needs its stream alone, one of others or of nobody known the user's own too", () => {
  expect(streamsOf(ENTERPRISE, false)).toEqual([ENTERPRISE]);
  expect(streamsOf(ENTERPRISE, true)).toEqual([ENTERPRISE, "changes"]);
  expect(streamsOf(ENTERPRISE, undefined)).toEqual([ENTERPRISE, "changes"]);
  expect(streamsOf("changes", true)).toEqual(["changes"]);
});

test("accounts of one enterprise share the reader that has the position", () => {
  const plan = planStreams([
    anAccount("a"),
    anAccount("b", { positions: [at(ENTERPRISE)] }),
    anAccount("c", { enterpriseId: "6" }),
  ]);
  expect(plan).toEqual({
    close: [],
    handOver: [],
    read: [
      { accountId: "b", stream: ENTERPRISE },
      { accountId: "c", stream: ENTERPRISE },
    ],
    ask: [],
  });
});

test.each(["paused", "deleted", "needs_relogin"] as const)(
  "a reader that is %s gives its position to another",
  (state) => {
    const gone = anAccount("a", { state, positions: [at(ENTERPRISE)] });
    expect(planStreams([gone, anAccount("b", { hasSources: false }), anAccount("c")])).toEqual({
      close: [],
      handOver: [{ stream: ENTERPRISE, from: "a", to: "b" }],
      read: [{ accountId: "b", stream: ENTERPRISE }],
      // Nothing else would tell that its login is accepted again.
      ask: state === "needs_relogin" ? [{ accountId: "a", stream: ENTERPRISE }] : [],
    });
  },
);

test("a reader that fell back to its own stream gives the enterprise's away", () => {
  const fallen = anAccount("a", {
    stream: "changes",
    positions: [at(ENTERPRISE), at("changes")],
  });
  expect(planStreams([fallen, anAccount("b")])).toEqual({
    close: [],
    handOver: [{ stream: ENTERPRISE, from: "a", to: "b" }],
    read: [
      { accountId: "a", stream: "changes" },
      { accountId: "b", stream: ENTERPRISE },
    ],
    ask: [],
  });
});

test("where nobody else can read, the position stays and its account is asked again", () => {
  const waiting = anAccount("a", { state: "needs_relogin", positions: [at(ENTERPRISE)] });
  const paused = anAccount("b", { state: "paused" });
  expect(planStreams([waiting, paused])).toEqual({
    close: [],
    handOver: [],
    read: [{ accountId: "a", stream: ENTERPRISE }],
    ask: [],
  });
  const allPaused = { ...waiting, state: "paused" } as const;
  expect(planStreams([allPaused, paused])).toEqual({ close: [], handOver: [], read: [], ask: [] });
});

test("an account without sources whose login Box refuses is asked for it", () => {
  const idle = anAccount("a", { state: "needs_relogin", hasSources: false });
  expect(planStreams([idle])).toMatchObject({
    read: [],
    ask: [{ accountId: "a", stream: ENTERPRISE }],
  });
});

test("a stream that no source needs is read no more", () => {
  const idle = anAccount("a", { hasSources: false, positions: [at(ENTERPRISE), at("changes")] });
  const plan = planStreams([idle]);
  expect(plan.read).toEqual([]);
  expect(plan.close).toHaveLength(2);
});

test("the user's own stream is read beside the enterprise's while a folder may belong to others", () => {
  const foreign = anAccount("a", { hasForeign: true, positions: [at(ENTERPRISE)] });
  expect(planStreams([foreign]).read).toEqual([
    { accountId: "a", stream: "changes" },
    { accountId: "a", stream: ENTERPRISE },
  ]);
  const own = anAccount("a", { positions: [at(ENTERPRISE), at("changes")] });
  expect(planStreams([own]).close).toEqual([{ accountId: "a", stream: "changes" }]);
});

const someAccounts = fc
  .array(
    fc.record({
      enterpriseId: fc.constantFrom("5", "6", undefined),
      state: fc.constantFrom("linked", "needs_relogin", "paused", "deleted"),
      stream: fc.constantFrom("changes", ENTERPRISE),
      hasSources: fc.boolean(),
      hasForeign: fc.boolean(),
      own: fc.option(fc.nat(9), { nil: undefined }),
      shared: fc.option(fc.nat(9), { nil: undefined }),
    }),
    { maxLength: 6 },
  )
  .map((rows) =>
    rows.map(({ own, shared, ...row }, index): AccountStreams => ({
      ...row,
      accountId: accountId(String(index)),
      hasForeign: row.hasForeign && row.hasSources,
      positions: [
        ...(own === undefined ? [] : [at("changes", own)]),
        ...(shared === undefined ? [] : [at(ENTERPRISE, shared)]),
      ],
    })),
  );

/** The accounts as they are once the plan is carried out and every pass has a position. */
function carriedOut(accounts: AccountStreams[]): AccountStreams[] {
  const { close, handOver, read } = planStreams(accounts);
  return accounts.map((account) => {
    const mine = (one: { accountId: string }) => one.accountId === account.accountId;
    const left = account.positions.filter(
      ({ stream }) =>
        !close.some((one) => mine(one) && one.stream === stream) &&
        !handOver.some((one) => one.from === account.accountId && one.stream === stream),
    );
    const given = [...handOver.filter((one) => one.to === account.accountId), ...read.filter(mine)]
      .map(({ stream }) => stream)
      .filter((stream) => !left.some((position) => position.stream === stream));
    return { ...account, positions: [...left, ...[...new Set(given)].map((one) => at(one))] };
  });
}

test("a plan that was carried out leaves one reader an enterprise, and nothing more to do", () => {
  fc.assert(
    fc.property(someAccounts, (accounts) => {
      const after = carriedOut(accounts);
      const plan = planStreams(after);
      expect(plan.close).toEqual([]);
      expect(plan.handOver).toEqual([]);
      const shared = plan.read.filter(({ stream }) => stream === ENTERPRISE);
      const groups = shared.map(
        ({ accountId }) => after[Number(accountId)]?.enterpriseId ?? `alone ${accountId}`,
      );
      expect(new Set(groups).size).toBe(groups.length);
      for (const { accountId, stream } of plan.read) {
        expect(["linked", "needs_relogin"]).toContain(after[Number(accountId)]?.state);
        expect(after[Number(accountId)]?.positions.map((one) => one.stream)).toContain(stream);
      }
    }),
  );
});

test("every source of an account that can be read is told of by the streams that it needs", () => {
  fc.assert(
    fc.property(someAccounts, (accounts) => {
      const { read } = planStreams(accounts);
      for (const account of accounts) {
        if (account.state !== "linked" || !account.hasSources) continue;
        for (const stream of streamsOf(account.stream, !account.hasForeign ? false : undefined)) {
          const told = read.some(
            (one) =>
              one.stream === stream &&
              (one.accountId === account.accountId ||
                (stream === ENTERPRISE &&
                  accounts[Number(one.accountId)]?.enterpriseId === account.enterpriseId)),
          );
          expect(told).toBe(true);
        }
      }
    }),
  );
});
