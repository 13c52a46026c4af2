import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { faultOfKey } from "../../src/box/auth-jwt.ts";
import { createTokens } from "../../src/box/auth.ts";
import type { BoxCredentials } from "../../src/box/credentials.ts";
import { createTransport } from "../../src/box/transport.ts";
import { sendJson, startServer } from "./box-server.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: {
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase: "hush-passphrase",
  },
});

const JWT: BoxCredentials = {
  kind: "jwt",
  clientId: "client-1",
  clientSecret: "hush-secret",
  publicKeyId: "k1",
  privateKey,
  passphrase: "hush-passphrase",
  subject: "enterprise",
  subjectId: "900001",
};

/** What was asserted, once its signature was found right. */
function readAssertion(body: string) {
  const assertion = new URLSearchParams(body).get("assertion") ?? "";
  const [header = "", claims = "", signature = ""] = assertion.split(".");
  const key = createPublicKey(publicKey);
  const signed = Buffer.from(`${header}.${claims}`);
  expect(verify("sha512", signed, key, Buffer.from(signature, "base64url"))).toBe(true);
  const read = (part: string) =>
    JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
  return { header: read(header), claims: read(claims) };
}

/** A token address whose clock is off by so much, and which judges `exp` as Box does. */
async function startBox({ skewMs = 0, refuse = false } = {}) {
  const server = await startServer((request, response) => {
    const nowMs = Date.now() + skewMs;
    response.setHeader("date", new Date(nowMs).toUTCString());
    const leftS = Number(readAssertion(request.body).claims["exp"]) - nowMs / 1000;
    if (refuse || leftS <= 0 || leftS > 60)
      sendJson(response, { error: "invalid_grant", error_description: "hush" }, 400);
    else sendJson(response, { access_token: "token", expires_in: 3600 });
  });
  const tokens = createTokens(createTransport(), `${server.url}/oauth2`, JWT);
  const assertions = () => server.seen.map(({ body }) => readAssertion(body));
  return { tokens, seen: server.seen, assertions };
}

describe("an assertion", () => {
  it("is signed with the decrypted key, names Box as its audience and lives for less than a minute", async () => {
    const { tokens, seen, assertions } = await startBox();
    expect(await tokens.get()).toBe("token");
    const { header, claims } = assertions()[0]!;
    expect(header).toEqual({ alg: "RS512", typ: "JWT", kid: "k1" });
    expect(claims).toMatchObject({
      iss: "client-1",
      sub: "900001",
      box_sub_type: "enterprise",
      aud: "https://api.box.com/oauth2/token",
    });
    expect(Number(claims["exp"]) - Date.now() / 1000).toBeLessThanOrEqual(60);
    expect(Object.fromEntries(new URLSearchParams(seen[0]!.body))).toMatchObject({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      client_id: "client-1",
      client_secret: "hush-secret",
    });
  });

  it.each([-3_600_000, -70_000, 70_000, 3_600_000])(
    "is dated by Box's clock after a refusal that ours, off by %d ms, explains",
    async (skewMs) => {
      const { tokens, assertions } = await startBox({ skewMs });
      expect(await tokens.get()).toBe("token");
      expect(new Set(assertions().map(({ claims }) => claims["jti"])).size).toBe(2);
      await tokens.get();
      expect(assertions(), "a token's end is told by Box's clock, too").toHaveLength(2);
      tokens.drop("token");
      await tokens.get();
      expect(assertions(), "the difference is remembered").toHaveLength(3);
    },
  );

  it("that is refused while the clocks agree is not sent again", async () => {
    const { tokens, assertions } = await startBox({ refuse: true });
    await expect(tokens.get()).rejects.toMatchObject({
      kind: "unauthorized",
      code: "invalid_grant",
      hint: expect.stringMatching(/Admin Console/) as string,
    });
    expect(assertions()).toHaveLength(1);
  });

  it("that is refused by a clock that is off is sent again once, and says nothing secret", async () => {
    const { tokens, assertions } = await startBox({ refuse: true, skewMs: 90_000 });
    const failure = await tokens.get().catch((caught: unknown) => caught);
    expect(failure).toMatchObject({ kind: "unauthorized" });
    expect(assertions()).toHaveLength(2);
    expect(JSON.stringify(failure) + String((failure as Error).stack)).not.toMatch(/hush|eyJ/);
  });

  it("is made anew when a token nears its end", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const { tokens, assertions } = await startBox();
    await tokens.get();
    vi.setSystemTime(Date.now() + 56 * 60_000);
    await tokens.get();
    expect(assertions()).toHaveLength(2);
  });
});

describe("a private key", () => {
  const plain = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
    type: "pkcs8",
    format: "pem",
  });

  it.each([
    ["its own passphrase", { privateKey, passphrase: "hush-passphrase" }, undefined],
    ["another passphrase", { privateKey, passphrase: "other" }, "passphrase"],
    ["no passphrase", { privateKey, passphrase: "" }, "passphrase"],
    ["no key in it", { privateKey: "hush", passphrase: "" }, "privateKey"],
    ["a public key in it", { privateKey: publicKey, passphrase: "" }, "privateKey"],
    ["a key that is not RSA", { privateKey: String(plain), passphrase: "" }, "privateKey"],
  ])("with %s is judged rightly", (_, pair, of) => {
    const fault = faultOfKey(pair);
    expect(fault?.of).toBe(of);
    expect(fault?.detail ?? "").not.toContain("hush");
  });
});
