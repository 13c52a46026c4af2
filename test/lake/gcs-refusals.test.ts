import { describe, expect, test } from "vitest";
import { isLakeFailure } from "../../src/lake/errors.ts";
import {
  absent,
  creating,
  isCreation,
  open,
  refused,
  request,
  resourceOf,
  small,
} from "./lake-on-script.ts";
import { type Reply, startScript } from "./scripted-server.ts";

describe("a refusal", () => {
  const refusals: [string, Reply, object][] = [
    [
      "a missing permission is forbidden and names it with what to grant",
      refused(403, "sa@x.iam does not have storage.objects.create access to /b/lake/o/secret."),
      {
        kind: "blocked",
        message: "GCS: refused to create the object with 403: storage.objects.create is missing",
        hint: expect.stringContaining("roles/storage.objectCreator"),
      },
    ],
    [
      "a missing bucket is not found, with what to do",
      refused(404, "The specified bucket does not exist.", "notFound"),
      { kind: "blocked", hint: expect.stringContaining("bucket lake is not there") },
    ],
    [
      "refused credentials make work wait for a person",
      refused(401, "Invalid Credentials", "authError"),
      { kind: "blocked", hint: expect.stringContaining("GCS_CREDENTIALS") },
    ],
    [
      "too many requests are throttled for as long as GCS asks",
      { ...refused(429, "slow down", "rateLimitExceeded"), headers: { "retry-after": "90" } },
      { kind: "throttled", retryAfterMs: 90_000, code: "gcs:rateLimitExceeded" },
    ],
    [
      "a rate limit that comes as 403 is throttled too",
      refused(403, "slow down", "rateLimitExceeded"),
      { kind: "throttled" },
    ],
    [
      "bytes damaged on the way are sent again",
      refused(400, 'Provided CRC32C "x" doesn\'t match calculated CRC32C "y".', "invalid"),
      { kind: "transient" },
    ],
    ["an outage is transient", refused(503, "later", "backendError"), { kind: "transient" }],
    ["a timeout of theirs is transient", refused(408, "late", "timeout"), { kind: "transient" }],
    ["nonsense stays nonsense", refused(400, "Invalid name", "invalid"), { kind: "invalid" }],
  ];
  test.each(refusals)("%s", async (_, reply, expected) => {
    const server = await creating(() => reply);
    const error = await open(server.url)
      .create(request(small))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(expected);
    expect(isLakeFailure(error)).toBe(true);
    expect(String(error)).not.toContain("secret");
  });

  test("to overwrite, by who may not delete, is only a name that is taken", async () => {
    const server = await startScript((received) =>
      isCreation(received)
        ? refused(403, "sa@x.iam does not have storage.objects.delete access.")
        : { status: 200, body: resourceOf(small) },
    );
    await expect(open(server.url).create(request(small))).resolves.toMatchObject({
      outcome: "adopted",
    });
  });
});

describe("the probe", () => {
  const all = ["storage.objects.create", "storage.objects.get", "storage.objects.list"];
  const asking = (answer: Reply, bucket: Reply = { status: 200, body: { name: "lake" } }) =>
    startScript(({ url }) => (url.includes("/iam/testPermissions") ? answer : bucket));

  test("is content with creating, reading and listing, and asks for nothing else", async () => {
    const server = await asking({ status: 200, body: { permissions: all } }, refused(403, "no"));
    await open(server.url).probe();
    expect(server.received).toHaveLength(1);
  });

  test.each(all)("names %s when it is missing", async (missing) => {
    const permissions = all.filter((permission) => permission !== missing);
    const server = await asking({ status: 200, body: { permissions } });
    await expect(open(server.url).probe()).rejects.toMatchObject({
      kind: "blocked",
      message: `GCS: ${missing} missing on the bucket lake`,
      hint: expect.stringContaining("roles/storage.objectViewer"),
    });
  });

  test("believes the bucket where permissions are not known", async () => {
    const server = await asking({ status: 501 });
    await open(server.url).probe();
  });

  test("names a bucket that is not there", async () => {
    const server = await asking(absent, absent);
    await expect(open(server.url).probe()).rejects.toMatchObject({
      kind: "blocked",
      hint: expect.stringContaining("bucket lake is not there"),
    });
  });
});
