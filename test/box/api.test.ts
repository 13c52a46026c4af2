import { describe, expect, it, onTestFinished, vi } from "vitest";

import { createApi } from "../../src/box/api.ts";
import { createTokens } from "../../src/box/auth.ts";
import type { BoxCredentials } from "../../src/box/credentials.ts";
import { createTransport } from "../../src/box/transport.ts";
import { type Seen, sendJson, startServer } from "./box-server.ts";

const CCG: BoxCredentials = {
  kind: "ccg",
  clientId: "client-1",
  clientSecret: "hush-secret",
  subject: "enterprise",
  subjectId: "900001",
};

interface Answer {
  status?: number;
  body: unknown;
}

/** Hands out token-1, token-2, … and accepts those that `accepts` says. */
async function startBox({
  accepts = () => true,
  grant = (n: number): Answer => ({ body: { access_token: `token-${n}`, expires_in: 3600 } }),
  answer = (): Answer => ({ body: { ok: true } }),
  credentials = CCG,
}: {
  accepts?: (token: string) => boolean;
  grant?: (n: number) => Answer;
  answer?: (request: Seen) => Answer;
  credentials?: BoxCredentials;
} = {}) {
  let granted = 0;
  const server = await startServer((request, response) => {
    const token = request.headers.authorization?.replace("Bearer ", "") ?? "";
    const isGrant = request.path === "/oauth2/token";
    const refusal = { status: 401, body: { code: "unauthorized" } };
    const found = isGrant ? grant(++granted) : accepts(token) ? answer(request) : refusal;
    sendJson(response, found.body, found.status);
  });
  const transport = createTransport();
  const api = createApi(transport, createTokens(transport, `${server.url}/oauth2`, credentials));
  const read = (path = "/2.0/users/me") =>
    api.json({ kind: "user", method: "GET", url: `${server.url}${path}` });
  const grants = () => server.seen.filter(({ path }) => path === "/oauth2/token");
  const calls = () => server.seen.filter(({ path }) => path !== "/oauth2/token");
  return { read, grants, calls };
}

const unauthorized = { kind: "unauthorized" };

describe("tokens", () => {
  it("are asked for with the client credentials, and once for calls at the same time", async () => {
    const { read, grants, calls } = await startBox();
    await Promise.all(Array.from({ length: 10 }, () => read()));
    await read();
    expect(grants()).toHaveLength(1);
    expect(Object.fromEntries(new URLSearchParams(grants()[0]!.body))).toEqual({
      grant_type: "client_credentials",
      client_id: "client-1",
      client_secret: "hush-secret",
      box_subject_type: "enterprise",
      box_subject_id: "900001",
    });
    expect(new Set(calls().map(({ headers }) => headers.authorization))).toEqual(
      new Set(["Bearer token-1"]),
    );
  });

  it("that ten calls find refused at once are replaced once, and all ten succeed", async () => {
    const { read, grants, calls } = await startBox({ accepts: (token) => token !== "token-1" });
    await Promise.all(Array.from({ length: 10 }, () => read()));
    expect(grants()).toHaveLength(2);
    expect(calls()).toHaveLength(20);
  });

  it("refused twice make the call unauthorized, without a third try", async () => {
    const { read, grants, calls } = await startBox({ accepts: () => false });
    await expect(read()).rejects.toMatchObject(unauthorized);
    expect([grants().length, calls().length]).toEqual([2, 2]);
  });

  it("are replaced five minutes before their end", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const { read, grants } = await startBox();
    await read();
    vi.setSystemTime(Date.now() + 54 * 60_000);
    await read();
    expect(grants()).toHaveLength(1);
    vi.setSystemTime(Date.now() + 2 * 60_000);
    await read();
    expect(grants()).toHaveLength(2);
  });

  it("that live for less than five minutes are used for half their life", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const { read, grants } = await startBox({
      grant: (n) => ({ body: { access_token: `token-${n}`, expires_in: 10 } }),
    });
    await read();
    vi.setSystemTime(Date.now() + 4000);
    await read();
    expect(grants()).toHaveLength(1);
    vi.setSystemTime(Date.now() + 2000);
    await read();
    expect(grants()).toHaveLength(2);
  });

  it("of a developer are used as they are, and unauthorized at their first refusal", async () => {
    const credentials: BoxCredentials = { kind: "developerToken", token: "by-hand" };
    const accepted = await startBox({ credentials, accepts: (token) => token === "by-hand" });
    await accepted.read();
    const refused = await startBox({ credentials, accepts: () => false });
    await expect(refused.read()).rejects.toMatchObject(unauthorized);
    expect([refused.grants().length, refused.calls().length]).toEqual([0, 1]);
  });
});

describe("a refused grant", () => {
  it.each([
    ["enterprise", 400, "invalid_client", /client id and secret/],
    ["enterprise", 400, "unauthorized_client", /Client Credentials Grant/],
    ["enterprise", 400, "invalid_grant", /Enterprise ID/],
    ["user", 400, "invalid_grant", /Generate User Access Tokens/],
    ["user", 401, "invalid_token", /Developer Console/],
    ["user", 403, "something_new", /Developer Console/],
  ] as const)("for an %s, %d %s, says what to do", async (subject, status, error, hint) => {
    const body = { error, error_description: "hush-secret was wrong" };
    const { read } = await startBox({
      credentials: { ...CCG, subject },
      grant: () => ({ status, body }),
    });
    const failure = await read().catch((caught: unknown) => caught);
    expect(failure).toMatchObject({ ...unauthorized, code: error, status });
    expect(failure).toHaveProperty("hint", expect.stringMatching(hint));
    expect(String((failure as Error).stack)).not.toContain("hush-secret");
  });

  it.each([
    [500, "transient"],
    [429, "throttled"],
  ])("with status %d is %s, and the next call asks again", async (status, kind) => {
    const { read, grants } = await startBox({
      grant: (n) =>
        n === 1 ? { status, body: "" } : { body: { access_token: "token", expires_in: 60 } },
    });
    await expect(read()).rejects.toMatchObject({ kind });
    await read();
    expect(grants()).toHaveLength(2);
  });

  it.each(["", "<html>", "{}", '{"access_token":7}', '{"access_token":"a","expires_in":0}'])(
    "dressed as a success (%o) is transient",
    async (body) => {
      const { read } = await startBox({ grant: () => ({ body }) });
      await expect(read()).rejects.toMatchObject({ kind: "transient" });
    },
  );
});

describe("a call as the account", () => {
  it("reads numbers of any size exactly", async () => {
    const body = '{"id":1152922976252290886,"size":5,"part":1.5,"low":-9007199254740993}';
    const { read } = await startBox({ answer: () => ({ body }) });
    expect(await read()).toEqual({
      id: "1152922976252290886",
      size: 5,
      part: 1.5,
      low: "-9007199254740993",
    });
  });

  it("answered without a body reads as nothing", async () => {
    const { read } = await startBox({ answer: () => ({ status: 200, body: "" }) });
    expect(await read()).toBeUndefined();
  });

  it("answered with HTML is transient, whatever the status", async () => {
    for (const status of [200, 502]) {
      const { read } = await startBox({ answer: () => ({ status, body: "<html>oops</html>" }) });
      await expect(read()).rejects.toMatchObject({ kind: "transient", status });
    }
  });

  it("that is refused says what Box said, and never the token or the query", async () => {
    const body = { code: "forbidden_by_policy", request_id: "r-7", message: "token-1" };
    const { read } = await startBox({ answer: () => ({ status: 403, body }) });
    await expect(read("/2.0/files/1?secret=1")).rejects.toMatchObject({
      kind: "forbidden",
      code: "forbidden_by_policy",
      requestId: "r-7",
      message: "Box answered 403 forbidden_by_policy to GET /2.0/files/1.",
    });
  });

  it("is not repeated on any status but 401", async () => {
    for (const status of [403, 404, 409, 429, 500, 503]) {
      const { read, calls } = await startBox({ answer: () => ({ status, body: "" }) });
      await expect(read()).rejects.toMatchObject({ status });
      expect(calls()).toHaveLength(1);
    }
  });
});
