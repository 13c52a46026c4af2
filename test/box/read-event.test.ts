import * as fc from "../support/dice.ts";
import { describe, expect, it } from "vitest";

import { fieldsOf, parseJson, listOf } from "../../src/box/json.ts";
import { readEvent } from "../../src/box/read-event.ts";
import { fixtureText } from "./fixtures.ts";

const page = (name: string) => listOf(fieldsOf(parseJson(fixtureText(name)))["entries"]) ?? [];

const parent = { type: "folder", id: "300002", name: "Plates 96" };

const enterprise = (type: string, source: Record<string, unknown> = {}, details: unknown = null) =>
  readEvent("admin_logs_streaming", {
    type: "event",
    event_id: "e",
    event_type: type,
    source: { item_type: "file", item_id: "400001", parent, ...source },
    additional_details: details,
  });

const user = (type: string, source: unknown) =>
  readEvent("changes", { type: "event", event_id: "u", event_type: type, source });

describe("a user's feed", () => {
  it("is read as captured", () => {
    const events = page("events-changes").map((raw) => readEvent("changes", raw));
    expect(events).toMatchObject([
      {
        eventId: "u-1",
        eventType: "ITEM_UPLOAD",
        changes: [
          {
            kind: "version",
            file: { fileId: "400001", parentId: "300002" },
            version: { versionId: "500001", sizeBytes: 48213 },
            mayHaveHistory: false,
          },
        ],
      },
      { eventId: "u-2", changes: [{ kind: "folder", folderId: "300002", repeat: true }] },
      { eventId: "u-3", eventType: "ITEM_TRASH", changes: [] },
      { eventId: "u-4", eventType: "LOCK_CREATE", changes: [] },
      { eventId: "u-5", eventType: "ITEM_CREATE", changes: [] },
      { eventId: "u-6", changes: [{ kind: "folder", folderId: "300002", repeat: true }] },
    ]);
    expect(events.filter((event) => event.odd !== undefined)).toEqual([]);
  });

  it.each(["ITEM_UPLOAD", "ITEM_RENAME", "ITEM_MOVE"])(
    "%s of a whole file costs no call",
    (type) => {
      const source = fieldsOf(fieldsOf(page("events-changes")[0])["source"]);
      expect(user(type, source)).toMatchObject({ changes: [{ kind: "version" }] });
      const odd = { ...source, sha1: "0".repeat(40) };
      expect(user(type, odd).changes).toEqual([{ kind: "file", fileId: "400001", reason: type }]);
    },
  );

  it.each([
    "ITEM_CREATE",
    "ITEM_COPY",
    "ITEM_MODIFY",
    "ITEM_MAKE_CURRENT_VERSION",
    "ITEM_UNDELETE_VIA_TRASH",
  ])("%s of a file looks at it, however whole it is shown", (type) => {
    const source = fieldsOf(page("events-changes")[0])["source"];
    expect(user(type, source).changes).toEqual([{ kind: "file", fileId: "400001", reason: type }]);
  });

  it.each([
    ["ITEM_CREATE", false],
    ["ITEM_UPLOAD", false],
    ["ITEM_RENAME", false],
    ["ITEM_MOVE", true],
    ["ITEM_COPY", true],
    ["ITEM_UNDELETE_VIA_TRASH", true],
    ["COLLAB_ADD_COLLABORATOR", true],
    ["COLLAB_INVITE_COLLABORATOR", true],
    ["COLLAB_ROLE_CHANGE", true],
    ["GROUP_ADD_FOLDER", true],
    ["ITEM_SHARED", true],
    ["ITEM_SHARED_CREATE", true],
    ["FILE_VERSION_RESTORE", false],
  ])("%s of a folder walks it, again later: %o", (type, repeat) => {
    expect(user(type, { type: "folder", id: "7" }).changes).toEqual([
      { kind: "folder", folderId: "7", recursive: true, repeat, reason: type },
    ]);
  });

  it("says where a folder lies, except when that may be another's place", () => {
    const source = { type: "folder", id: "7", name: "Raw", parent };
    const at = { name: "Raw", parentId: "300002", ancestors: undefined };
    for (const type of ["ITEM_CREATE", "ITEM_RENAME", "ITEM_MOVE", "ITEM_UNDELETE_VIA_TRASH"])
      expect(user(type, source).changes).toMatchObject([{ folderId: "7", at }]);
    for (const type of ["ITEM_COPY", "COLLAB_ADD_COLLABORATOR"])
      expect(user(type, source).changes).not.toHaveProperty("0.at");
  });

  it("finds the folder of a collaboration inside it", () => {
    const collaboration = { type: "collaboration", id: "1", item: { type: "folder", id: "7" } };
    expect(user("COLLAB_ADD_COLLABORATOR", collaboration).changes).toMatchObject([
      { kind: "folder", folderId: "7" },
    ]);
  });
});

describe("an enterprise's feed", () => {
  it("is read as documented", () => {
    const events = page("events-enterprise").map((raw) => readEvent("admin_logs_streaming", raw));
    const file = { kind: "file", fileId: "400001", parentId: "300002" };
    expect(events).toMatchObject([
      {
        eventId: "e-1",
        eventType: "UPLOAD",
        changes: [{ ...file, versionId: "500001", reason: "UPLOAD" }],
      },
      {
        eventId: "e-2",
        eventType: "EDIT",
        changes: [{ ...file, versionId: "500002", reason: "EDIT" }],
      },
      {
        eventId: "e-3",
        eventType: "MOVE",
        changes: [
          { kind: "folder", folderId: "300002", recursive: true, repeat: true, reason: "MOVE" },
        ],
      },
      { eventId: "e-4", eventType: "DOWNLOAD", changes: [] },
      { eventId: "e-5", eventType: "LOGIN", changes: [] },
      {
        eventId: "e-6",
        eventType: "FILE_VERSION_RESTORE",
        changes: [{ ...file, reason: "FILE_VERSION_RESTORE" }],
      },
    ]);
  });

  it.each(["FILE_VERSION_RESTORE", "ITEM_MAKE_CURRENT_VERSION", "RENAME", "MOVE", "UNDELETE"])(
    "%s does not name a version that could let the file be passed over",
    (type) => {
      const [change] = enterprise(type, {}, { version_id: "500001" }).changes;
      expect(change).toMatchObject({ kind: "file", fileId: "400001" });
      expect(change).not.toHaveProperty("versionId");
    },
  );

  it("does not let the folder that a file or folder left decide about its move", () => {
    expect(enterprise("MOVE").changes).toEqual([
      { kind: "file", fileId: "400001", reason: "MOVE" },
    ]);
    const folder = { item_type: "folder", item_id: "7", item_name: "Raw" };
    expect(enterprise("MOVE", folder).changes).not.toHaveProperty("0.at");
    expect(enterprise("RENAME", folder).changes).toMatchObject([
      { folderId: "7", at: { name: "Raw", parentId: "300002", ancestors: undefined } },
    ]);
  });

  it("tells when Box says it happened", () => {
    const [first] = page("events-enterprise");
    const { happenedAt } = readEvent("admin_logs_streaming", first);
    expect(happenedAt).toEqual(new Date("2026-03-02T12:05:06Z"));
  });

  it("looks at the file of a copy and at the folder it names", () => {
    expect(enterprise("COPY").changes).toEqual([
      { kind: "file", fileId: "400001", reason: "COPY" },
      { kind: "folder", folderId: "300002", recursive: false, repeat: false, reason: "COPY" },
    ]);
    expect(enterprise("COPY", { parent: null }).changes).toHaveLength(1);
  });

  it("reads events without parent, version or details", () => {
    for (const details of [null, undefined, [], "", { version_id: {} }])
      expect(enterprise("EDIT", { parent: null }, details).changes).toEqual([
        { kind: "file", fileId: "400001", reason: "EDIT" },
      ]);
  });

  it.each([
    "COLLABORATION_INVITE",
    "COLLABORATION_ACCEPT",
    "COLLABORATION_ROLE_CHANGE",
    "CHANGE_FOLDER_PERMISSION",
    "GROUP_ADD_ITEM",
    "COPY",
    "MOVE",
    "UNDELETE",
  ])("%s of a folder walks it, again later too", (type) => {
    expect(enterprise(type, { item_type: "folder", item_id: "7" }).changes).toMatchObject([
      { kind: "folder", folderId: "7", recursive: true, repeat: true },
    ]);
  });

  it("of a link that was shared says nothing", () => {
    expect(enterprise("SHARE", { item_type: "folder", item_id: "7" }).changes).toEqual([]);
  });

  it("finds the folder of an accepted invitation beside the person", () => {
    const source = { item_type: undefined, type: "user", id: "1", folder_id: "7" };
    expect(enterprise("COLLABORATION_ACCEPT", source).changes).toMatchObject([
      { kind: "folder", folderId: "7", repeat: true },
    ]);
  });
});

describe("what may take a folder from sight", () => {
  it.each(["ITEM_TRASH", "COLLAB_REMOVE_COLLABORATOR"])("%s of a user's feed", (type) => {
    expect(user(type, { type: "folder", id: "7" }).changes).toEqual([
      { kind: "hidden", folderId: "7", reason: type },
    ]);
    expect(user(type, { type: "file", id: "7" }).changes).toEqual([]);
  });

  it.each(["DELETE", "COLLABORATION_REMOVE", "COLLABORATION_EXPIRATION", "GROUP_REMOVE_ITEM"])(
    "%s of an enterprise's",
    (type) => {
      expect(enterprise(type, { item_type: "folder", item_id: "7" }).changes).toEqual([
        { kind: "hidden", folderId: "7", reason: type },
      ]);
      expect(enterprise(type).changes).toEqual([]);
    },
  );

  it("is no odd event when it does not say of what", () => {
    expect(user("ITEM_TRASH", null)).not.toHaveProperty("odd");
  });
});

describe("odd events", () => {
  it("numeric ids become text", () => {
    expect(enterprise("EDIT", { item_id: 400001 }).changes).toMatchObject([{ fileId: "400001" }]);
  });

  it.each([
    [null, "UPLOAD does not say what it happened to"],
    [undefined, "UPLOAD does not say what it happened to"],
    ["400001", "UPLOAD does not say what it happened to"],
    [{}, "UPLOAD does not say what it happened to"],
    [{ item_type: "file" }, "UPLOAD names a file without a readable id"],
    [{ item_type: "file", item_id: "../1" }, "UPLOAD names a file without a readable id"],
    [{ item_type: "folder", item_id: 1.5 }, "UPLOAD names a folder without a readable id"],
  ])("of a type that changes the tree say why they cannot be read", (source, odd) => {
    const event = { event_id: "e", event_type: "UPLOAD", source };
    expect(readEvent("admin_logs_streaming", event)).toEqual({
      eventId: "e",
      eventType: "UPLOAD",
      happenedAt: undefined,
      changes: [],
      odd,
    });
  });

  it("without an id are known by their content", () => {
    const event = { event_type: "EDIT", source: { item_type: "file", item_id: "1" } };
    const first = readEvent("admin_logs_streaming", event);
    expect(first.eventId).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(readEvent("admin_logs_streaming", structuredClone(event))).toEqual(first);
    const other = { ...event, source: { item_type: "file", item_id: "2" } };
    expect(readEvent("admin_logs_streaming", other).eventId).not.toBe(first.eventId);
  });

  it("never make the reader throw", () => {
    const type = fc.constantFrom(
      "ITEM_UPLOAD",
      "ITEM_MOVE",
      "EDIT",
      "COPY",
      "COLLAB_ADD_COLLABORATOR",
    );
    const event = fc.record({
      event_id: fc.jsonValue(),
      event_type: fc.oneof(type, fc.jsonValue()),
      source: fc.oneof(
        fc.jsonValue(),
        fc.record({ type: fc.constant("file"), id: fc.constant("1"), parent: fc.jsonValue() }),
      ),
      additional_details: fc.jsonValue(),
    });
    fc.assert(
      fc.property(fc.oneof(event, fc.jsonValue(), fc.constant(undefined)), (raw) => {
        for (const stream of ["changes", "admin_logs_streaming"] as const)
          expect(readEvent(stream, raw).eventId).not.toBe("");
      }),
    );
  });
});
