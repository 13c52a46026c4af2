import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import {
  type KeptCredentials,
  openCredentials,
  sealCredentials,
} from "../../src/operations/kept-credentials.ts";
import { credentialsPlace } from "../../src/operations/secret-places.ts";
import { createSecrets } from "../../src/secrets.ts";

const secrets = createSecrets(randomBytes(32));
const APP = { clientId: "app", clientSecret: "hush" };
const SUBJECT = { subject: "user", subjectId: "17" } as const;
const PAIR = { accessToken: "a", refreshToken: "r", usableUntilMs: 7 };

const EVERY_KIND: KeptCredentials[] = [
  { kind: "ccg", ...APP, ...SUBJECT },
  { kind: "jwt", ...APP, ...SUBJECT, publicKeyId: "k", privateKey: "p", passphrase: "" },
  { kind: "oauth", ...APP, pair: PAIR },
  { kind: "oauth", ...APP, pair: { ...PAIR, refusedAtMs: 8 }, grant: "g" },
  { kind: "developerToken", token: "t" },
];

test.each(EVERY_KIND)("what is sealed is read again: $kind", (kept) => {
  expect(openCredentials(secrets, sealCredentials(secrets, kept, "1"), "1")).toEqual(kept);
});

test("what no known key opens is a matter for a person, as what Box refuses is", () => {
  const sealed = sealCredentials(secrets, EVERY_KIND[0]!, "1");
  const open = () => openCredentials(createSecrets(randomBytes(32)), sealed, "1");
  expect(open).toThrow(
    expect.objectContaining({
      kind: "unauthorized",
      hint: expect.stringContaining("SECRETS_KEY_PREVIOUS") as string,
    }),
  );
});

test.each([
  ["kind", { kind: "password", token: "hush" }],
  ["kind", "hush"],
  ["pair", { kind: "oauth", ...APP }],
  ["pair.refreshToken", { kind: "oauth", ...APP, pair: { ...PAIR, refreshToken: 7 } }],
])("a form that is not known is named by its place %s, without a value", (place, value) => {
  const sealed = secrets.seal(value, credentialsPlace("1"));
  const read = () => openCredentials(secrets, sealed, "1");
  expect(read).toThrow(`not known (${place})`);
  expect(read).not.toThrow("hush");
});
