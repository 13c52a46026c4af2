import { expect, test } from "vitest";
import { createSessions, SESSION_MS } from "../../../src/http/session.ts";

const TOKEN = "an admin token that is long enough";

test("Only the admin token itself is admitted", () => {
  const sessions = createSessions(TOKEN);
  expect(sessions.admits(TOKEN)).toBe(true);
  expect(sessions.admits(TOKEN.slice(0, -1))).toBe(false);
  expect(sessions.admits(`${TOKEN} `)).toBe(false);
  expect(sessions.admits("")).toBe(false);
});

test("A session is accepted by every process with the same token until eight hours are over", () => {
  let now = Date.parse("2026-05-01T08:00:00Z");
  const value = createSessions(TOKEN, () => now).issue();
  const elsewhere = createSessions(TOKEN, () => now);
  expect(elsewhere.accepts(value)).toBe(true);
  now += 8 * 60 * 60_000 - 1;
  expect(elsewhere.accepts(value)).toBe(true);
  now += 1;
  expect(elsewhere.accepts(value)).toBe(false);
});

test("A changed admin token ends every session", () => {
  const value = createSessions(TOKEN).issue();
  expect(createSessions(`${TOKEN}, changed`).accepts(value)).toBe(false);
});

test("A session says nothing of the token and is never the same twice", () => {
  const sessions = createSessions(TOKEN);
  const [one, other] = [sessions.issue(), sessions.issue()];
  expect(one).not.toBe(other);
  expect(Buffer.from(one, "base64url").toString("latin1")).not.toContain(TOKEN);
  expect(one).not.toContain(TOKEN);
});

test("A session that was changed in any part is refused", () => {
  const sessions = createSessions(TOKEN);
  const [endsAt, nonce, mac] = sessions.issue().split(".");
  const later = String(Number(endsAt) + SESSION_MS);
  for (const forged of [
    undefined,
    "",
    ".",
    "..",
    `${endsAt}.${nonce}`,
    `${endsAt}.${nonce}.`,
    `${endsAt}.${nonce}.${mac}.${mac}`,
    `${endsAt}.${nonce}.${mac?.slice(1)}`,
    `${later}.${nonce}.${mac}`,
    `${endsAt}.${nonce}x.${mac}`,
    `${endsAt}.${nonce}.${Buffer.alloc(32).toString("base64url")}`,
  ])
    expect(sessions.accepts(forged), String(forged)).toBe(false);
});
