import * as fc from "../support/dice.ts";
import { describe, expect, it } from "vitest";

import { fieldsOf } from "../../src/box/json.ts";
import { readDelivery } from "../../src/box/read-delivery.ts";
import { WEBHOOK_TRIGGERS } from "../../src/box/webhook-triggers.ts";
import { fixtureBytes, fixtureText } from "./fixtures.ts";

const SHA1 = "3f786850e387550fdab836ed7e6dc881de23001b";

const read = (value: unknown) => readDelivery(Buffer.from(JSON.stringify(value)));

/** The fixture with its source, or anything else, changed. */
function changed(source: Record<string, unknown>, rest: Record<string, unknown> = {}) {
  const delivery = fieldsOf(JSON.parse(fixtureText("delivery-file-uploaded")));
  return { ...delivery, source: { ...fieldsOf(delivery["source"]), ...source }, ...rest };
}

describe("an upload", () => {
  it("of a new file is recorded as it is shown, without history before it", () => {
    expect(readDelivery(fixtureBytes("delivery-file-uploaded"))).toEqual({
      readable: true,
      eventId: "d0b4d7a1-0a6f-4f43-8d0a-8a1d6a6a0001",
      webhookId: "600001",
      trigger: "FILE.UPLOADED",
      happenedAt: new Date("2026-03-02T12:05:07Z"),
      changes: [
        {
          kind: "version",
          mayHaveHistory: false,
          file: {
            fileId: "400001",
            name: "plate 7 – München.csv",
            parentId: "300002",
            etag: "0",
            sequence: "0",
            versionId: "500001",
            ancestors: [
              { folderId: "0", name: "All Files" },
              { folderId: "300001", name: "Assays" },
              { folderId: "300002", name: "Plates 96" },
            ],
          },
          version: {
            versionId: "500001",
            sha1: SHA1,
            sizeBytes: 48213,
            name: "plate 7 – München.csv",
            uploadedBy: {
              id: "20000001",
              login: "mika.rietveld@lab.example",
              name: "Mika Rietveld",
            },
            createdAt: new Date("2026-03-02T12:05:06Z"),
            contentCreatedAt: new Date("2026-02-28T01:10:00Z"),
            contentModifiedAt: new Date("2026-02-28T01:12:30Z"),
          },
        },
      ],
    });
  });

  it("of a later version may have history", () => {
    expect(readDelivery(fixtureBytes("delivery-file-new-version"))).toMatchObject({
      changes: [{ kind: "version", mayHaveHistory: true, version: { versionId: "500002" } }],
    });
  });

  it.each([null, undefined, "", "00"])("with etag %o may have history", (etag) => {
    expect(read(changed({ etag }))).toMatchObject({ changes: [{ mayHaveHistory: true }] });
  });

  it("at etag 0 has history if it was modified since: a promoted version repeats its etag", () => {
    const modified_at = "2026-03-05T10:00:00-08:00";
    for (const signs of [
      { modified_at },
      { modified_at: null },
      { created_at: undefined },
      { version_number: "3" },
    ])
      expect(read(changed(signs))).toMatchObject({
        changes: [{ kind: "version", mayHaveHistory: true, file: { etag: undefined } }],
      });
    const first = { modified_at: "2026-03-02T12:05:06Z", version_number: "1" };
    expect(read(changed(first))).toMatchObject({ changes: [{ mayHaveHistory: false }] });
  });

  it("with a SHA-1 in upper case is the same version", () => {
    expect(read(changed({ sha1: SHA1.toUpperCase() }))).toMatchObject({
      changes: [{ kind: "version", version: { sha1: SHA1 } }],
    });
  });

  it("keeps ids beyond 2^53 exact, whether they come as text or as numbers", () => {
    const text = fixtureText("delivery-file-uploaded")
      .replaceAll('"400001"', "9007199254740993")
      .replaceAll('"500001"', '"1152922976252290887"');
    expect(readDelivery(Buffer.from(text))).toMatchObject({
      changes: [
        { file: { fileId: "9007199254740993" }, version: { versionId: "1152922976252290887" } },
      ],
    });
  });

  it.each([
    ["no SHA-1", { sha1: undefined }],
    ["a SHA-1 that is none", { sha1: "abc" }],
    ["no size", { size: undefined }],
    ["a size in words", { size: "many" }],
    ["a negative size", { size: -1 }],
    ["no version", { file_version: null }],
    ["a version without an id", { file_version: { type: "file_version", sha1: SHA1 } }],
    ["two SHA-1s", { file_version: { id: "500001", sha1: "0".repeat(40) } }],
    ["a NUL in its name", { name: "plate\0.csv" }],
    ["half a surrogate pair in its name", { name: "plate \ud83d.csv" }],
    ["no name", { name: null }],
    ["a place in the trash", { item_status: "trashed" }],
  ])("with %s makes us look at the file", (_what, source) => {
    expect(read(changed(source))).toMatchObject({
      readable: true,
      changes: [{ kind: "file", fileId: "400001", reason: "FILE.UPLOADED" }],
    });
  });

  it("does not believe a way down that leads elsewhere than to its parent", () => {
    const elsewhere = { parent: { type: "folder", id: "300009", name: "Other" } };
    const delivery = read(changed(elsewhere));
    expect(delivery).toMatchObject({ changes: [{ file: { parentId: "300009" } }] });
    expect(delivery).not.toHaveProperty("changes.0.file.ancestors.0");
  });

  it("by nobody in particular has no uploader", () => {
    const nobody = { type: "user", id: "", name: "", login: "" };
    expect(read(changed({ modified_by: nobody, created_by: nobody }))).toMatchObject({
      changes: [{ version: { uploadedBy: undefined } }],
    });
  });

  it("that names no file changes nothing and says so", () => {
    expect(read(changed({ id: null }))).toMatchObject({
      changes: [],
      note: "FILE.UPLOADED names no item: its change is lost",
    });
  });
});

describe("other triggers", () => {
  it("a rename is recorded as it is shown", () => {
    expect(readDelivery(fixtureBytes("delivery-file-renamed"))).toMatchObject({
      changes: [{ kind: "version", file: { name: "plate 7 final.csv" }, mayHaveHistory: true }],
    });
  });

  it("a copy looks at the file and at the folder it names", () => {
    const reason = "FILE.COPIED";
    expect(readDelivery(fixtureBytes("delivery-file-copied"))).toMatchObject({
      changes: [
        { kind: "file", fileId: "400001", reason },
        { kind: "folder", folderId: "300002", recursive: false, repeat: false, reason },
      ],
    });
  });

  it("a bare move finds the new folder beside the source", () => {
    expect(readDelivery(fixtureBytes("delivery-file-moved"))).toMatchObject({
      changes: [
        { kind: "file", fileId: "400001" },
        { kind: "folder", folderId: "300002", recursive: false },
      ],
    });
  });

  it.each([
    ["FOLDER.CREATED", false],
    ["FOLDER.RENAMED", false],
    ["FOLDER.COPIED", true],
    ["FOLDER.MOVED", true],
    ["FOLDER.RESTORED", true],
  ])("%s walks the folder, again later: %o", (trigger, repeat) => {
    const delivery = {
      id: "e",
      trigger,
      webhook: { id: "1" },
      source: { type: "folder", id: "7" },
    };
    expect(read(delivery)).toEqual({
      readable: true,
      eventId: "e",
      webhookId: "1",
      trigger,
      happenedAt: undefined,
      changes: [{ kind: "folder", folderId: "7", recursive: true, repeat, reason: trigger }],
    });
  });

  it("a folder shown whole says where it lies now, but not when it was copied", () => {
    const bytes = fixtureBytes("delivery-folder-moved");
    const folder = { kind: "folder", folderId: "300002", recursive: true, repeat: true };
    const at = {
      name: "Plates 96",
      parentId: "300001",
      ancestors: [
        { folderId: "0", name: "All Files" },
        { folderId: "300001", name: "Assays" },
      ],
    };
    expect(readDelivery(bytes)).toMatchObject({ changes: [{ ...folder, at }] });
    const copied = Buffer.from(bytes).toString().replace("FOLDER.MOVED", "FOLDER.COPIED");
    const delivery = readDelivery(Buffer.from(copied));
    expect(delivery).toMatchObject({ changes: [folder] });
    expect(delivery).not.toHaveProperty("changes.0.at");
  });

  it("every trigger that we ask for changes something", () => {
    for (const trigger of WEBHOOK_TRIGGERS) {
      const type = trigger.startsWith("FILE.") ? "file" : "folder";
      const delivery = read({ id: "e", trigger, webhook: { id: "1" }, source: { type, id: "7" } });
      expect(delivery).not.toMatchObject({ changes: [] });
    }
  });

  it("trash changes nothing, without a word", () => {
    const delivery = readDelivery(fixtureBytes("delivery-file-trashed"));
    expect(delivery).toMatchObject({ readable: true, changes: [] });
    expect(delivery).not.toHaveProperty("note");
  });

  it("a web link changes nothing", () => {
    const delivery = read(changed({ type: "web_link" }));
    expect(delivery).toMatchObject({ readable: true, changes: [] });
  });

  it("an ended session is readable without event id or source, and is noted", () => {
    const delivery = readDelivery(fixtureBytes("delivery-no-active-session"));
    expect(delivery).toMatchObject({ readable: true, webhookId: "600001", changes: [] });
    expect(delivery).toHaveProperty("note", expect.stringContaining("session"));
    expect(delivery).toHaveProperty("eventId", expect.stringMatching(/^sha256:[0-9a-f]{64}$/));
    expect(readDelivery(fixtureBytes("delivery-no-active-session"))).toEqual(delivery);
  });

  it("a removed webhook is noted with Box's reason", () => {
    const delivery = readDelivery(fixtureBytes("delivery-webhook-deleted"));
    expect(delivery).toMatchObject({ changes: [] });
    expect(delivery).toHaveProperty("note", expect.stringContaining("auto_cleanup"));
  });

  it("an unknown trigger is readable and noted", () => {
    expect(read(changed({}, { trigger: "FILE.TELEPORTED" }))).toMatchObject({
      readable: true,
      changes: [],
      note: "unknown trigger FILE.TELEPORTED",
    });
  });
});

describe("a body that is no delivery", () => {
  it.each([
    ["", "The body is not JSON in UTF-8."],
    ["<html>", "The body is not JSON in UTF-8."],
    ["[".repeat(200_000), "The body is not JSON in UTF-8."],
    ["null", "The body names no trigger."],
    ["[]", "The body names no trigger."],
    [`{"trigger":7}`, "The body names no trigger."],
    [`{"trigger":"FILE.UPLOADED"}`, "The body names no webhook (trigger FILE.UPLOADED)."],
  ])("is unreadable, with a reason", (body, reason) => {
    expect(readDelivery(Buffer.from(body))).toEqual({ readable: false, reason });
  });

  it("in another encoding is unreadable", () => {
    expect(readDelivery(Uint8Array.of(0x22, 0xff, 0x22))).toMatchObject({ readable: false });
  });

  it("never makes the reader throw", () => {
    const anything = fc.oneof(
      fc.json().map((text) => Buffer.from(text)),
      fc.uint8Array(),
    );
    fc.assert(fc.property(anything, (body) => typeof readDelivery(body).readable === "boolean"));
    const triggers = fc.constantFrom(...WEBHOOK_TRIGGERS, "NO_ACTIVE_SESSION", "WEBHOOK.DELETED");
    const odd = fc.record({
      trigger: triggers,
      webhook: fc.constant({ id: "1" }),
      source: fc.oneof(
        fc.jsonValue(),
        fc.record({
          id: fc.oneof(fc.constant("1"), fc.jsonValue()),
          type: fc.constantFrom("file", "folder"),
          file_version: fc.jsonValue(),
          parent: fc.jsonValue(),
          path_collection: fc.jsonValue(),
        }),
      ),
      additional_info: fc.jsonValue(),
    });
    fc.assert(fc.property(odd, (delivery) => read(delivery).readable));
  });
});
