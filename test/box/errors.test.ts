import { describe, expect, it } from "vitest";

import { refusalOf, retryAfterMs } from "../../src/box/errors.ts";

const refuse = (status: number, body: unknown = "", headers: Record<string, string> = {}) =>
  refusalOf({
    asked: "GET /2.0/files/1",
    status,
    headers: new Headers(headers),
    text: typeof body === "string" ? body : JSON.stringify(body),
  });

describe("what a refusal means", () => {
  it.each([
    [202, undefined, "not_ready"],
    [302, undefined, "transient"],
    [307, undefined, "transient"],
    [400, "bad_request", "invalid"],
    [400, "terms_of_service_required", "forbidden"],
    [401, "unauthorized", "unauthorized"],
    [403, "access_denied_insufficient_permissions", "forbidden"],
    [403, "insufficient_scope", "forbidden"],
    [403, "forbidden_by_policy", "forbidden"],
    [403, "access_from_location_blocked", "forbidden"],
    [403, undefined, "forbidden"],
    [404, "not_found", "not_found"],
    [404, "trashed", "not_found"],
    [405, "method_not_allowed", "invalid"],
    [408, undefined, "transient"],
    [409, "conflict", "conflict"],
    [409, "operation_blocked_temporary", "transient"],
    [409, "name_temporarily_reserved", "transient"],
    [410, undefined, "not_found"],
    [412, "precondition_failed", "invalid"],
    [429, "rate_limit_exceeded", "throttled"],
    [500, "internal_server_error", "transient"],
    [502, undefined, "transient"],
    [503, "unavailable", "transient"],
    [504, undefined, "transient"],
  ] as const)("%d %s is %s", (status, code, kind) => {
    expect(refuse(status, code === undefined ? "" : { code })).toMatchObject({
      kind,
      status,
      code,
    });
  });

  it("comes with Box's code, its request id and what was asked", () => {
    const body = { type: "error", status: 404, code: "not_found", request_id: "r1", message: "…" };
    expect(refuse(404, body)).toMatchObject({
      message: "Box answered 404 not_found to GET /2.0/files/1.",
      code: "not_found",
      requestId: "r1",
    });
  });

  it("comes with something to do where a person can do something", () => {
    expect(refuse(403, { code: "insufficient_scope" }).hint).toMatch(/Developer Console/);
    expect(refuse(403, { code: "access_denied_insufficient_permissions" }).hint).toMatch(/Viewer/);
    expect(refuse(404, { code: "trashed" }).hint).toMatch(/restore it in Box/);
    expect(refuse(401).hint).toMatch(/give it new ones/);
    for (const status of [202, 400, 401, 403, 404, 409, 410, 429, 500, 503])
      expect(refuse(status).hint, String(status)).toMatch(/^[A-Z].*[a-z]{2}/);
  });

  it("tells a redirect for what it is", () => {
    expect(refuse(302).hint).toMatch(/BOX_API_URL .* proxy/);
  });

  it.each(["Bearer abc", "was sent: abc\n", "a".repeat(101), "\u{1F600}"])(
    "never repeats what is not one word (%j), as that may quote what was sent",
    (text) => {
      const failure = refuse(400, { error: text, request_id: text });
      expect(failure).toMatchObject({ code: undefined, requestId: undefined });
      expect(failure.message).toBe("Box answered 400 to GET /2.0/files/1.");
    },
  );

  it("comes with the request id of the header when the body has none", () => {
    const headers = { "BOX-REQUEST-ID": "r2" };
    expect(refuse(502, "<html>", headers)).toMatchObject({ requestId: "r2" });
    expect(refuse(404, { request_id: "r1" }, headers)).toMatchObject({ requestId: "r1" });
  });

  it.each(["<html><h1>Bad gateway</h1></html>", "", "[]", "null", '{"code":7,"request_id":[]}'])(
    "is told by the status alone when the body is %s",
    (body) => {
      expect(refuse(502, body)).toMatchObject({
        kind: "transient",
        message: "Box answered 502 to GET /2.0/files/1.",
        code: undefined,
        requestId: undefined,
      });
    },
  );
});

describe("how long Box asks us to wait", () => {
  it("is read from seconds, from a date, and never negative", () => {
    const read = (value: string) => retryAfterMs(new Headers({ "Retry-After": value }));
    expect(read("7")).toBe(7000);
    expect(read("0")).toBe(0);
    expect(read("Wed, 01 Jan 2020 00:00:00 GMT")).toBe(0);
    const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
    expect(read(inAnHour)).toBeGreaterThan(3_500_000);
    const date = "Wed, 01 Jan 2020 00:00:00 GMT";
    const byBox = new Headers({ date, "Retry-After": "Wed, 01 Jan 2020 00:00:09 GMT" });
    expect(retryAfterMs(byBox), "by Box's clock, not by ours").toBe(9000);
    expect(read("soon")).toBeUndefined();
    expect(read("1.5")).toBe(1500);
    for (const none of ["-5", "+5", "1e3", "0x10", "5 s", "", ",", "5,"])
      expect(read(none), none).toBeUndefined();
    expect(retryAfterMs(new Headers())).toBeUndefined();
  });

  it("is a day at most, whatever is written", () => {
    const read = (value: string) => retryAfterMs(new Headers({ "Retry-After": value }));
    expect(read("9".repeat(30))).toBe(86_400_000);
    expect(read("Fri, 31 Dec 9999 23:59:59 GMT")).toBe(86_400_000);
  });

  it("is the longest of several", () => {
    const headers = new Headers([
      ["retry-after", "5"],
      ["retry-after", "10"],
    ]);
    expect(retryAfterMs(headers)).toBe(10_000);
  });

  it("comes with 429, 503 and 202 alike", () => {
    for (const status of [202, 429, 503])
      expect(refuse(status, "", { "retry-after": "3" }).retryAfterMs).toBe(3000);
  });
});
