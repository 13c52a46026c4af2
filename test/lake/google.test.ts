import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { openGoogle } from "../../src/lake/google.ts";
import { createSend } from "../../src/lake/requests.ts";
import { startScript } from "./scripted-server.ts";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

function keyFor(tokenEndpoint: string) {
  return {
    type: "service_account",
    client_email: "longshore@project.iam.gserviceaccount.com",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    token_uri: `${tokenEndpoint}/token`,
  };
}

/** Gives out `token-1`, `token-2`, … */
const startTokens = async () => {
  let given = 0;
  return startScript(() => ({
    status: 200,
    headers: { "content-type": "application/json" },
    body: { access_token: `token-${++given}`, expires_in: 3600, token_type: "Bearer" },
  }));
};

const identityOf = (key: ReturnType<typeof keyFor> | undefined) =>
  openGoogle("http://127.0.0.1:9", key, 5_000).identity;

test("a service account's key becomes one token that every request shows", async () => {
  const tokens = await startTokens();
  const lake = await startScript(() => ({ status: 200 }));
  const send = createSend(5_000, identityOf(keyFor(tokens.url)));
  await send({ method: "GET", url: `${lake.url}/x` });
  await send({ method: "GET", url: `${lake.url}/x` });
  expect(tokens.received).toHaveLength(1);
  expect(lake.received.map(({ headers }) => headers["authorization"])).toEqual([
    "Bearer token-1",
    "Bearer token-1",
  ]);
});

test("a token refused before its time is renewed once, for all who show it", async () => {
  const tokens = await startTokens();
  const lake = await startScript(({ headers }) =>
    headers["authorization"] === "Bearer token-1" ? { status: 401 } : { status: 200 },
  );
  const send = createSend(5_000, identityOf(keyFor(tokens.url)));
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => send({ method: "GET", url: `${lake.url}/x` })),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  expect(tokens.received).toHaveLength(2);
});

test("a token that is refused again is not renewed for ever", async () => {
  const tokens = await startTokens();
  const lake = await startScript(() => ({ status: 401 }));
  const send = createSend(5_000, identityOf(keyFor(tokens.url)));
  await expect(send({ method: "GET", url: `${lake.url}/x` })).resolves.toMatchObject({
    status: 401,
  });
  expect(lake.received).toHaveLength(2);
});

test("an endpoint of our own without credentials is shown nothing", () => {
  expect(identityOf(undefined)).toBeUndefined();
});

test("a key that Google no longer accepts makes work wait for a person", async () => {
  const tokens = await startScript(() => ({ status: 400, body: { error: "invalid_grant" } }));
  await expect(identityOf(keyFor(tokens.url))?.headers("http://x")).rejects.toMatchObject({
    kind: "blocked",
    hint: expect.stringContaining("GCS_CREDENTIALS"),
  });
});

test("a key that is no key makes work wait for a person", async () => {
  const tokens = await startTokens();
  const broken = { ...keyFor(tokens.url), private_key: "-----BEGIN PRIVATE KEY-----" };
  await expect(identityOf(broken)?.headers("http://x")).rejects.toMatchObject({
    kind: "blocked",
  });
});

test("a token endpoint that cannot be reached is tried again later", async () => {
  const tokens = await startScript(() => "reset");
  await expect(identityOf(keyFor(tokens.url))?.headers("http://x")).rejects.toMatchObject({
    kind: "transient",
  });
});

test("a token that does not come in time is not waited for", async () => {
  const tokens = await startScript(() => "stall");
  const send = createSend(50, identityOf(keyFor(tokens.url)));
  await expect(send({ method: "GET", url: "http://127.0.0.1:9/x" })).rejects.toMatchObject({
    kind: "transient",
    code: "gcs:timeout",
  });
});
