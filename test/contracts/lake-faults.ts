import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Fault } from "../../sandbox/gcs/faults.ts";
import type { SandboxGcs } from "../../sandbox/gcs/start.ts";
import { bytesOf, CHUNK, generations, type LakeUnderTest, requestFor } from "./lake.ts";

export interface FaultyLake extends LakeUnderTest {
  /** The other side, whose faults the tests arm. Nobody else may use it meanwhile. */
  gcs: Pick<SandboxGcs, "faults" | "requests" | "access">;
}

type Scenario = [title: string, faults: Fault[]];

const small = bytesOf(5_000);
const large = bytesOf(3 * CHUNK + 7);

/** Troubles over which an object is created all the same, within one call. */
const MENDED_SMALL: Scenario[] = [
  ["an outage", [{ instruction: "return-503", on: "multipart", times: 2 }]],
  ["a rate limit", [{ instruction: "return-429", on: "multipart" }]],
  ["a reset", [{ instruction: "return-reset-connection", on: "multipart" }]],
  ["a stall", [{ instruction: "stall-always", on: "multipart" }]],
  ["bytes damaged on the way", [{ instruction: "inject-upload-data-error", on: "multipart" }]],
];

const each = (title: string, instruction: string): Scenario[] =>
  (["session", "chunk", "final"] as const).map((on) => [
    `${title} at ${on}`,
    [{ instruction, on }],
  ]);

const MENDED_LARGE: Scenario[] = [
  ...each("an outage", "return-503"),
  ...each("an error of theirs", "return-500"),
  ...each("a rate limit", "return-429"),
  ...each("a reset", "return-reset-connection"),
  ...each("a stall", "stall-always"),
  ["a reset after half a chunk", [{ instruction: "return-broken-stream-after-384K", on: "chunk" }]],
  ["an outage after half a chunk", [{ instruction: "return-503-after-384K", on: "chunk" }]],
  ["a stall after half a chunk", [{ instruction: "stall-at-384KiB", on: "chunk" }]],
  [
    "a reset inside the last chunk",
    [{ instruction: "return-broken-stream-final-chunk-after-3B", on: "final" }],
  ],
  ["a chunk that is kept in part", [{ instruction: "persist-64K", on: "chunk", skip: 1 }]],
  ["a chunk that is not kept", [{ instruction: "persist-0K", on: "chunk", skip: 1 }]],
  ["a 308 that hides what is kept", [{ instruction: "hide-range", on: "chunk", skip: 1 }]],
  [
    "an outage that the question meets too",
    [
      { instruction: "return-503", on: "chunk" },
      { instruction: "return-503", on: "status" },
      { instruction: "return-reset-connection", on: "status" },
    ],
  ],
  [
    "troubles at every chunk, each short",
    [
      { instruction: "return-503", on: "session", times: 2 },
      { instruction: "return-503", on: "chunk", times: 3 },
      { instruction: "return-reset-connection", on: "final", times: 3 },
    ],
  ],
  ["an outage when it first looks", [{ instruction: "return-503", on: "get" }]],
  ["a final answer that is lost", [{ instruction: "reset-after-commit", on: "final" }]],
  ["a final answer that never comes", [{ instruction: "stall-after-commit", on: "final" }]],
  ["an outage after the commit", [{ instruction: "return-503-after-commit", on: "final" }]],
];

/** The object is there, but nobody can say by which of our requests. */
const ADOPTED: [string, Buffer, Fault[]][] = [
  ["small", small, [{ instruction: "reset-after-commit", on: "multipart" }]],
  ["small", small, [{ instruction: "stall-after-commit", on: "multipart" }]],
  ["small", small, [{ instruction: "return-503-after-commit", on: "multipart" }]],
  [
    "small",
    small,
    [
      { instruction: "reset-after-commit", on: "multipart" },
      { instruction: "return-503", on: "get" },
    ],
  ],
  [
    "large",
    large,
    [
      { instruction: "reset-after-commit", on: "final" },
      { instruction: "return-503", on: "status", times: 3 },
    ],
  ],
  [
    "large",
    large,
    [
      { instruction: "reset-after-commit", on: "final" },
      { instruction: "lose-session-410", on: "status" },
    ],
  ],
];

/** Too much for one call: nothing is visible, and the row tries again. */
const GIVEN_BACK: [string, Buffer, Fault[]][] = [
  ["small", small, [{ instruction: "return-503", on: "multipart", times: 4 }]],
  ["large", large, [{ instruction: "return-503", on: "session", times: 4 }]],
  [
    "large",
    large,
    [
      { instruction: "return-503", on: "chunk" },
      { instruction: "return-503", on: "status", times: 3 },
    ],
  ],
  ["large", large, [{ instruction: "persist-0K", on: "chunk", times: 4 }]],
  ["large", large, [{ instruction: "lose-session-404", on: "chunk", skip: 1 }]],
  ["large", large, [{ instruction: "lose-session-410", on: "final" }]],
  ["large", large, [{ instruction: "inject-upload-data-error", on: "chunk" }]],
];

/** What `LakeStore` promises when GCS does not behave. */
export function lakeFaultContract(kind: string, open: () => Promise<FaultyLake>): void {
  describe(`the lake in ${kind}, in trouble,`, () => {
    let lake: FaultyLake;
    let name: string;
    let count = 0;
    beforeAll(async () => {
      lake = await open();
    });
    afterAll(() => lake.close());
    beforeEach(() => {
      lake.gcs.faults.clear();
      lake.gcs.requests.reset();
      name = `${lake.prefix}trouble/${++count}`;
    });

    async function meets(bytes: Buffer, faults: Fault[]) {
      for (const fault of faults) lake.gcs.faults.arm(fault);
      const result = await lake.store
        .create(requestFor(name, bytes))
        .catch((error: unknown) => error);
      expect(lake.gcs.faults.unconsumed()).toEqual([]);
      expect(lake.gcs.requests.counts.delete).toBe(0);
      return result;
    }

    async function expectStored(bytes: Buffer) {
      expect((await lake.read(name)).equals(bytes)).toBe(true);
      expect(await generations(lake.bucket, name)).toBe(1);
    }

    test.each(MENDED_SMALL)("creates a small object over %s", async (_, faults) => {
      expect(await meets(small, faults)).toMatchObject({ outcome: "created" });
      await expectStored(small);
    });

    test.each(MENDED_LARGE)("creates a large object over %s", async (_, faults) => {
      expect(await meets(large, faults)).toMatchObject({ outcome: "created" });
      await expectStored(large);
    });

    test.each(ADOPTED)(
      "adopts a %s object that was created unheard (%#)",
      async (_, bytes, faults) => {
        expect(await meets(bytes, faults)).toMatchObject({ outcome: "adopted" });
        await expectStored(bytes);
      },
    );

    test.each(GIVEN_BACK)(
      "gives a %s object back to be tried again (%#)",
      async (_, bytes, faults) => {
        expect(await meets(bytes, faults)).toMatchObject({ name: "Failure", kind: "transient" });
        expect(await generations(lake.bucket, name)).toBe(0);
        await expect(lake.store.create(requestFor(name, bytes))).resolves.toMatchObject({
          outcome: "created",
        });
      },
    );

    test.each([
      ["small", small, "multipart"],
      ["large", large, "session"],
      ["large", large, "final"],
    ] as const)("yields to a rival that takes a %s object's name (%#)", async (_, bytes, on) => {
      expect(await meets(bytes, [{ instruction: "rival-object", on }])).toMatchObject({
        name: "Failure",
        kind: "conflict",
      });
      expect(await generations(lake.bucket, name)).toBe(1);
    });

    test("tells GCS to forget a session whose source is disproved", async () => {
      const wrong = { ...requestFor(name, large), sha1: "0".repeat(40) };
      await expect(lake.store.create(wrong)).rejects.toMatchObject({ kind: "mismatch" });
      expect(lake.gcs.requests.counts).toMatchObject({ session: 1, final: 0, cancel: 1 });
    });

    test.each(["storage.objects.create", "storage.objects.get", "storage.objects.list"])(
      "names %s when it is missing, at the probe",
      async (permission) => {
        lake.gcs.access.withheld.add(permission);
        try {
          await expect(lake.store.probe()).rejects.toMatchObject({
            kind: "blocked",
            message: expect.stringContaining(permission),
          });
        } finally {
          lake.gcs.access.withheld.clear();
        }
      },
    );

    test("names the permission that is missing when it creates", async () => {
      lake.gcs.access.withheld.add("storage.objects.create");
      try {
        await expect(lake.store.create(requestFor(name, small))).rejects.toMatchObject({
          kind: "blocked",
          message: expect.stringContaining("storage.objects.create"),
          hint: expect.stringContaining("roles/storage.objectCreator"),
        });
      } finally {
        lake.gcs.access.withheld.clear();
      }
    });
  });
}
