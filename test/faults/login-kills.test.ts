import { type ChildProcess, fork } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { eq } from "drizzle-orm";
import { afterEach, expect, it } from "vitest";
import type { TokenRequest } from "../../sandbox/box/tokens.ts";
import { accounts } from "../../src/db/schema.ts";
import { grantAgain, linkByConsent } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { type House, openHouse } from "../support/house.ts";
import type { LoginOfUser, Told } from "../support/login-user.ts";

/** The same kills for the same seed, as far as the machine lets them be. */
const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
/** `npm run test:login-kills` does a thousand. */
const REFRESHES = Number(process.env["REFRESHES"] ?? 200);

const USER = fileURLToPath(new URL("../support/login-user.ts", import.meta.url));

let house: House;
const users = new Set<User>();
afterEach(async () => {
  for (const { child } of users) child.kill("SIGKILL");
  await house.close();
});

interface User {
  child: ChildProcess;
  last: Told["of"] | undefined;
}

/** What Box saw: every answer in the line of pairs, or what left it. */
interface Line {
  /** New pairs, each for the refresh token of the one before. */
  refreshed: number;
  /** The newest pair once more, for a token just used: a process died between answer and commit. */
  repeated: number;
  refused: number;
  /** Anything else: two pairs would be alive, or one would be lost. */
  strayed: TokenRequest[];
  tokens: Set<string>;
}

function lineOf(requests: readonly TokenRequest[]): Line {
  const line: Line = { refreshed: 0, repeated: 0, refused: 0, strayed: [], tokens: new Set() };
  let live: string | undefined;
  let used: string | undefined;
  for (const request of requests) {
    const { grant, refreshToken, issued, error } = request;
    if (issued) line.tokens.add(issued.access_token);
    if (grant === "authorization_code" && issued) [used, live] = [undefined, issued.refresh_token];
    else if (issued && refreshToken === live) {
      line.refreshed++;
      [used, live] = [live, issued.refresh_token];
    } else if (issued && refreshToken === used && issued.refresh_token === live) line.repeated++;
    else if (error === "invalid_grant" && refreshToken === used) line.refused++;
    else line.strayed.push(request);
  }
  return line;
}

function numbers(seed: number) {
  let state = seed;
  return (n: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor((state / 0x8000_0000) * n);
  };
}

/** Two processes that share one login, and somebody who kills them. */
async function openArena(refreshGraceMs: number) {
  house = await openHouse({ roles: ["web"] });
  const { box, config, db } = house;
  const { clientId, clientSecret, userId } = box.ccg;
  box.faults.settings.refreshGraceMs = refreshGraceMs;
  const account = await linkByConsent(house, "Shared", userId);
  const login: LoginOfUser = {
    databaseUrl: config.databaseUrl,
    secretsKey: Buffer.from(config.secretsKey).toString("base64"),
    account,
    oauthUrl: config.box.oauthUrl,
    clientId,
    clientSecret,
  };
  const news = new EventEmitter<{ told: [] }>();
  const seen = { tokens: new Set<string>(), kills: 0, refusals: 0 };

  function start() {
    const env = { PATH: process.env["PATH"], LOGIN: JSON.stringify(login) };
    const child = fork(USER, { env, execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const user: User = { child, last: undefined };
    users.add(user);
    child.on("message", (message) => {
      const told = message as Told;
      user.last = told.of;
      if (told.of === "token") seen.tokens.add(told.token);
      if (told.of === "refused") seen.refusals++;
      news.emit("told");
    });
    child.on("exit", () => users.delete(user));
  }

  return {
    account,
    seen,
    start,
    line: () => lineOf(box.tokenRequests),
    told: () => once(news, "told"),
    async kill(user: User) {
      seen.kills++;
      user.child.kill("SIGKILL");
      await once(user.child, "exit");
      start();
    },
    async stop() {
      const ends = [...users].map(({ child }) => once(child, "exit"));
      for (const { child } of users) child.send("stop");
      await Promise.all(ends);
    },
    async state() {
      const [row] = await db.select().from(accounts).where(eq(accounts.id, account));
      return { state: row?.state, reason: row?.reason };
    },
  };
}

type Arena = Awaited<ReturnType<typeof openArena>>;

/** Kills whoever has Box's answer on the way: the pair is spent at Box, and kept nowhere. */
async function killBetweenAnswerAndCommit(arena: Arena) {
  const stalled = house.box.faults.arm({
    kind: "token",
    effect: { type: "stall", afterBytes: 0 },
  });
  const asking = () => [...users].filter(({ last }) => last === "asking");
  const [victim] = await eventually("one waits for the answer", () =>
    stalled.consumed && asking().length === 1 ? asking() : undefined,
  );
  stalled.disarm();
  await arena.kill(victim!);
}

/** A refusal must have come of a kill, be one call, be said in the row, and end with a person's act. */
async function grantAgainAfterRefusal(arena: Arena) {
  const { seen } = arena;
  const before = seen.refusals;
  while (seen.refusals < before + 20) await arena.told();
  // A refusal right after a renewal is not held against the login: the next ones are.
  await eventually("the account says that it needs a person, and why", async () => {
    const { state, reason } = await arena.state();
    return state === "needs_relogin" && /refus|invalid_grant/.test(reason ?? "");
  });
  await grantAgain(house, arena.account, house.box.ccg.userId);
}

it.each([
  ["loses nothing in the grace that Box shows", 60_000],
  ["waits for a person where Box shows no grace, and asks no further", 0],
])(
  `one login, refreshed ${REFRESHES} times by two processes under kill -9, %s (seed ${SEED})`,
  async (_, graceMs) => {
    const arena = await openArena(graceMs);
    const { seen } = arena;
    const random = numbers(SEED);
    arena.start();
    arena.start();
    let placed = 0;
    let granted = 0;
    let next = 10;
    for (let line = arena.line(); line.refreshed < REFRESHES; line = arena.line()) {
      await arena.told();
      if (line.refused > granted) {
        granted++;
        expect(seen.kills, "a login died that nobody was killed for").toBeGreaterThanOrEqual(
          granted,
        );
        await grantAgainAfterRefusal(arena);
      } else if (line.refreshed >= next && users.size === 2) {
        next = line.refreshed + 10 + random(20);
        if (random(5) === 0 || placed === 0) {
          placed++;
          await killBetweenAnswerAndCommit(arena);
        } else {
          await setTimeout(random(10));
          await arena.kill([...users][random(2)]!);
        }
      }
    }
    // What the last one killed had asked for may be lost, and nobody has noticed: one refresh may be
    // its own, but not a second.
    const alive = arena.line().refreshed + 2;
    while (arena.line().refreshed < alive && arena.line().refused === granted) await arena.told();
    if (arena.line().refused > granted) await grantAgainAfterRefusal(arena);
    await arena.stop();

    const line = arena.line();
    expect(line.strayed).toEqual([]);
    expect([...seen.tokens].filter((token) => !line.tokens.has(token))).toEqual([]);
    expect(line.repeated + line.refused).toBeGreaterThanOrEqual(placed);
    expect(line.repeated + line.refused).toBeLessThanOrEqual(seen.kills);
    expect(graceMs > 0 ? line.refused : line.repeated).toBe(0);
    expect(await house.api("POST", `/api/accounts/${arena.account}/test`)).toMatchObject({
      ok: true,
    });
    expect(await arena.state()).toEqual({ state: "linked", reason: null });
  },
  60_000 + REFRESHES * 1500,
);
