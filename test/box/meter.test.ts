import { afterEach, expect, test } from "vitest";
import type { Meter } from "../../src/box/api.ts";
import { openBox } from "../../src/box/open-client.ts";
import { Failure } from "../../src/core/failure.ts";
import { fileId, versionId } from "../../src/core/ids.ts";
import { createLog } from "../../src/log.ts";
import { type Seen, sendJson, startServer } from "./box-server.ts";

const noted: string[] = [];
afterEach(() => noted.splice(0));

const meter: Meter = {
  admit: async () => void noted.push("admitted"),
  throttled: async (ms) => void noted.push(`throttled ${ms}`),
};

/** A Box whose every call is noted among what the meter was asked. */
async function startMetered(
  answer: (seen: Seen) => { status: number; headers?: object; body?: object },
) {
  const server = await startServer((request, response) => {
    const { pathname } = new URL(request.path, "http://box");
    noted.push(`${request.method} ${pathname}`);
    const { status, headers = {}, body = {} } = answer(request);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value));
    sendJson(response, body, status);
  });
  return openBox({
    endpoints: { apiUrl: server.url, oauthUrl: server.url, downloadHosts: ["127.0.0.1"] },
    credentials: {
      kind: "ccg",
      clientId: "c",
      clientSecret: "s",
      subject: "user",
      subjectId: "1",
    },
    log: createLog("silent"),
  });
}

const GRANT = { status: 200, body: { access_token: "t", expires_in: 3600 } };

test("every call of the API is admitted first; tokens and content hosts are not asked for", async () => {
  const box = await startMetered(({ path }) => {
    if (path === "/token") return GRANT;
    if (path.startsWith("/content")) return { status: 200 };
    return { status: 302, headers: { location: "/content" } };
  });
  for await (const _ of await box(meter).download(fileId("1"), versionId("2")));
  expect(noted).toEqual(["POST /token", "admitted", "GET /2.0/files/1/content", "GET /content"]);
});

test("a call that is repeated with a new token is two", async () => {
  let refused = false;
  const box = await startMetered(({ path }) => {
    if (path === "/token")
      return { ...GRANT, body: { access_token: `t${refused}`, expires_in: 3600 } };
    if (refused) return { status: 404 };
    refused = true;
    return { status: 401 };
  });
  await box(meter).file(fileId("1"));
  expect(noted.filter((one) => one === "admitted")).toHaveLength(2);
});

test("a 429 is told with what Box asked to wait, and is the caller's failure", async () => {
  const box = await startMetered(({ path }) =>
    path === "/token" ? GRANT : { status: 429, headers: { "retry-after": 7 } },
  );
  await expect(box(meter).file(fileId("1"))).rejects.toMatchObject({ kind: "throttled" });
  expect(noted.at(-1)).toBe("throttled 7000");
});

test("a call that is not admitted is not made", async () => {
  const box = await startMetered(() => GRANT);
  const closed = { ...meter, admit: async () => Promise.reject(new Failure("throttled", "no")) };
  await expect(box(closed).file(fileId("1"))).rejects.toMatchObject({ kind: "throttled" });
  expect(noted).toEqual(["POST /token"]);
});

test("clients of one account for several purposes share its token", async () => {
  const box = await startMetered(({ path }) => (path === "/token" ? GRANT : { status: 404 }));
  await box(meter).file(fileId("1"));
  await box().file(fileId("1"));
  expect(noted.filter((one) => one === "POST /token")).toHaveLength(1);
  expect(noted.filter((one) => one === "admitted")).toHaveLength(1);
});
