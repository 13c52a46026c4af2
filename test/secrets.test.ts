import { randomBytes } from "node:crypto";
import * as fc from "./support/dice.ts";
import { expect, test } from "vitest";
import { createSecrets } from "../src/secrets.ts";

const secrets = createSecrets(randomBytes(32));
const PLACE = "accounts:1:credentials";
const VALUE = { kind: "ccg", clientSecret: "canary-22d0" };

test("what was sealed opens as it was", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), (value, place) => {
      const opened = secrets.open(secrets.seal(value, place), place);
      expect(JSON.stringify(opened)).toBe(JSON.stringify(value));
    }),
  );
});

test("sealing twice gives other bytes, and none of them the value's", () => {
  const [one, two] = [secrets.seal(VALUE, PLACE), secrets.seal(VALUE, PLACE)];
  expect(one.equals(two)).toBe(false);
  expect(one.toString("latin1")).not.toContain("canary");
});

test("what was sealed for one place opens in no other", () => {
  const sealed = secrets.seal(VALUE, PLACE);
  for (const place of ["accounts:2:credentials", "accounts:1:signature_keys", ""])
    expect(() => secrets.open(sealed, place)).toThrow("could not be opened");
});

test("what another key sealed does not open", () => {
  const other = createSecrets(randomBytes(32));
  expect(() => secrets.open(other.seal(VALUE, PLACE), PLACE)).toThrow("SECRETS_KEY");
});

test("a replaced key still opens beside the new one, and rewrapping needs it no more", () => {
  const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];
  const sealed = createSecrets(oldKey).seal(VALUE, PLACE);
  const both = createSecrets(newKey, oldKey);
  expect(both.open(sealed, PLACE)).toEqual(VALUE);
  const rewrapped = both.rewrap(sealed, PLACE);
  expect(rewrapped.subarray(0, both.newest.length).equals(both.newest)).toBe(true);
  expect(createSecrets(newKey).open(rewrapped, PLACE)).toEqual(VALUE);
  expect(() => createSecrets(newKey).open(sealed, PLACE)).toThrow("SECRETS_KEY_PREVIOUS");
  expect(() => both.rewrap(sealed, "accounts:2:credentials")).toThrow("could not be opened");
});

test("what was changed or cut anywhere does not open, and the error says nothing of it", () => {
  const sealed = secrets.seal(VALUE, PLACE);
  const harmed = fc.oneof(
    fc.tuple(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, mask]) => {
      const bytes = Buffer.from(sealed);
      bytes[at] = (bytes[at] ?? 0) ^ mask;
      return bytes;
    }),
    fc.nat(sealed.length - 1).map((length) => sealed.subarray(0, length)),
    fc.uint8Array({ maxLength: 60 }),
  );
  fc.assert(
    fc.property(harmed, (bytes) => {
      expect(() => secrets.open(bytes, PLACE)).toThrow(/^a secret /);
    }),
    { numRuns: 1000 },
  );
});
