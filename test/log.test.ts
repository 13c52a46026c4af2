import { DrizzleQueryError } from "drizzle-orm/errors";
import { describe, expect, test } from "vitest";
import { Failure } from "../src/core/failure.ts";
import { createLog, describeError, SECRET_FIELDS } from "../src/log.ts";

const CANARY = "canary-91c4";

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = [];
  write(createLog("trace", { write: (line) => void lines.push(line) }));
  return lines.join("");
}

test("a line is JSON: its level in words, its time, its sentence, its fields", () => {
  const line = JSON.parse(logged((log) => log.info({ "file.id": "9" }, "Stored")));
  expect(line).toEqual({
    level: "info",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    "file.id": "9",
    msg: "Stored",
  });
});

test.each(SECRET_FIELDS)("the value of %s never reaches the log, wherever it stands", (field) => {
  const secret = { [field]: CANARY };
  const told = logged((log) => {
    log.info(secret, "at the top");
    log.info({ a: secret }, "below");
    log.info({ a: { b: secret } }, "deeper");
    log.info({ a: { b: { c: { d: secret } } } }, "deep");
    log.info({ list: [{ a: [secret] }] }, "in lists");
    log.info({ [field]: { inside: CANARY } }, "as an object");
    log.child(secret).info("in a child");
    log.child({ a: { b: secret } }).info({ other: 1 }, "deep in a child");
  });
  expect(told).not.toContain(CANARY);
  expect(told).toContain("[secret]");
});

/** What nobody else may know, as headers, Box, Google and our own settings call it. */
test.each([
  "Authorization",
  "Cookie",
  "set-cookie",
  "token",
  "access_token",
  "refresh-token",
  "ADMIN_TOKEN",
  "assertion",
  "client.secret",
  "private_key",
  "passphrase",
  "password",
  "secret",
  "SECRETS_KEY",
  "signature_keys",
  "primary",
  "secondary",
  "credentials",
  "DATABASE_URL",
  "Location",
])("the value of %s is a secret, however it is spelled", (field) => {
  expect(logged((log) => log.info({ a: { [field]: CANARY } }, "said"))).not.toContain(CANARY);
});

test("an address is a secret under any name, since its query may be one", () => {
  const target = new URL(`https://u:${CANARY}@dl.boxcloud.com/d/1/x?signature=${CANARY}`);
  expect(logged((log) => log.info({ target, list: [target] }, "said"))).not.toContain(CANARY);
});

test("what is no secret stays as it was", () => {
  const when = new Date("2026-05-01T12:00:00Z");
  const fields = { list: [1, { a: null }], flag: true, when, missing: undefined };
  const line = JSON.parse(logged((log) => log.info(fields, "said")));
  expect(line).toMatchObject({ list: [1, { a: null }], flag: true, when: when.toISOString() });
});

test("what refers to itself is logged without end and without harm", () => {
  const circle: Record<string, unknown> = { token: CANARY };
  circle["self"] = circle;
  const told = logged((log) => log.info({ circle }, "round"));
  expect(told).toContain("round");
  expect(told).not.toContain(CANARY);
});

describe("an error in the log", () => {
  const postgres = Object.assign(new Error(`invalid value ${CANARY}`), {
    severity: "ERROR",
    code: "23505",
    table_name: "objects",
    constraint_name: "objects_identity",
    detail: `Key (name)=(${CANARY}) already exists.`,
    parameters: [CANARY],
  });
  const STATEMENT = {
    name: "DatabaseError",
    message: "a database statement failed",
    code: "23505",
    table: "objects",
    constraint: "objects_identity",
  };

  test("of a statement keeps code, table and constraint alone, however it is wrapped", () => {
    const query = new DrizzleQueryError("insert into objects …", [CANARY], postgres);
    const wrapped = new Error(`while recording ${CANARY}`, { cause: query });
    for (const error of [postgres, query, wrapped]) {
      expect(describeError(error)).toEqual(STATEMENT);
      expect(logged((log) => log.error({ err: describeError(error) }, "failed"))).not.toContain(
        CANARY,
      );
    }
  });

  test("of a statement that never arrived keeps why", () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    const error = new DrizzleQueryError("select", [CANARY], refused);
    expect(describeError(error)).toMatchObject({ name: "DatabaseError", code: "ECONNREFUSED" });
  });

  test("that goes straight into the log keeps no parameters either", () => {
    const query = new DrizzleQueryError("insert", [CANARY], postgres);
    const told = logged((log) => {
      log.error(query, "failed");
      log.error({ err: query }, "failed");
      log.error({ err: new Error("outer", { cause: query }) }, "failed");
      log.error(query);
      log.error({ err: query });
    });
    expect(told).not.toContain(CANARY);
    expect(told).toContain("a database statement failed");
  });

  test("of our own keeps its kind and where it arose", () => {
    expect(describeError(new Failure("forbidden", "Box answered 403"))).toMatchObject({
      name: "Failure",
      kind: "forbidden",
      message: "Box answered 403",
      at: expect.stringMatching(/^at /),
    });
  });

  test.each([
    `Failed to parse URL from https://dl.boxcloud.com/d/1?signature=${CANARY}&x=1`,
    `request to https://storage.googleapis.com/upload/b?upload_id=${CANARY} failed, reason: reset`,
    `connect to postgres://longshore:${CANARY}@db/longshore failed`,
    `connect to redis://${CANARY}@db failed`,
    `401 with {"authorization":"Bearer ${CANARY}"}`,
    `bad header Basic ${Buffer.from(CANARY).toString("base64")}${CANARY}`,
    `form grant_type=refresh_token&refresh_token=${CANARY}&client_secret=${CANARY}`,
    `http://127.0.0.1:1/oauth/box/callback#access_token=${CANARY}`,
  ])("of a library that quotes secrets keeps none: %s", (message) => {
    const told = logged((log) => {
      log.error(new TypeError(message));
      log.error({ err: new Error(message) }, "failed");
      log.warn({ err: describeError(message) }, "said");
    });
    expect(told).not.toContain(CANARY);
    expect(told).toContain("[secret]");
  });

  test("keeps what tells where it happened", () => {
    const message = "request to https://storage.googleapis.com/b/lake?x=1 failed: ECONNRESET (a/b)";
    expect(describeError(new Error(message))["message"]).toBe(
      "request to https://storage.googleapis.com/b/lake?[secret] failed: ECONNRESET (a/b)",
    );
  });

  test("that is none is told as text", () => {
    expect(describeError("gone")).toEqual({ message: "gone" });
    expect(describeError(undefined)).toEqual({ message: "undefined" });
  });

  test("whose causes form a circle is told", () => {
    const error = new Error("round");
    error.cause = error;
    expect(describeError(error)).toMatchObject({ message: "round" });
  });
});
