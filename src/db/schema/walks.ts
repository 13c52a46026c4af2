import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { accounts } from "./accounts.ts";
import { moment } from "./columns.ts";
import { sources } from "./sources.ts";

/** One row is one resumable listing of a folder tree. */
export const walks = pgTable(
  "walks",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    accountId: uuid("account_id")
      .notNull()
      .references(() => accounts.id),
    /**
     * `signal`: Box told of a change of the folder. The others are of a source: its `backfill`, a
     * scheduled `sweep` that compares it in full, and the proof of a `gap` in its event stream.
     */
    kind: text("kind").$type<"signal" | "backfill" | "sweep" | "gap">().notNull(),
    /** The source that it is of; null for a walk that a signal asked for. */
    sourceId: uuid("source_id").references(() => sources.id),
    folderId: text("folder_id").notNull(),
    recursive: boolean("recursive").notNull(),
    reason: text("reason").notNull(),
    door: text("door").$type<"webhook" | "events" | "listing" | "replay">().notNull(),
    state: text("state")
      .$type<"due" | "done" | "given_up" | "withdrawn">()
      .notNull()
      .default("due"),
    /** Counts the askings: when it grew while the walk ran, it starts over. */
    asked: integer("asked").notNull().default(1),
    /** The asking that the listing under way answers: one that came after its beginning is another. */
    answering: integer("answering").notNull().default(0),
    /** How many of the later rounds (1, 5, 15, 60 minutes) are left. */
    roundsLeft: integer("rounds_left").notNull().default(0),
    /** The frontier below is laid: the walk continues, it does not start. */
    started: boolean("started").notNull().default(false),
    listedFiles: bigint("listed_files", { mode: "number" }).notNull().default(0),
    listedFolders: bigint("listed_folders", { mode: "number" }).notNull().default(0),
    listedBytes: bigint("listed_bytes", { mode: "number" }).notNull().default(0),
    matched: bigint("matched", { mode: "number" }).notNull().default(0),
    matchedBytes: bigint("matched_bytes", { mode: "number" }).notNull().default(0),
    /** How many of the matched the lake did not owe yet. */
    missing: bigint("missing", { mode: "number" }).notNull().default(0),
    /** How many files were not wanted, by the rule that excluded them. */
    skipped: jsonb("skipped").$type<Record<string, number>>().notNull().default({}),
    /** The queue's turn of the first object that it finds missing, if it found none before. */
    turn: bigint("turn", { mode: "number" }).notNull().default(0),
    createdAt: moment("created_at").notNull().defaultNow(),
    /** Box's time of the earliest signal that it answers, or when the gap began; null for other walks of a source. */
    signalledAt: moment("signalled_at"),
    finishedAt: moment("finished_at"),
    dueAt: moment("due_at").notNull().defaultNow(),
    attempts: integer("attempts").notNull().default(0),
    failure: text("failure"),
    failureReason: text("failure_reason"),
    hint: text("hint"),
    failedAt: moment("failed_at"),
    leasedBy: uuid("leased_by"),
    lease: integer("lease").notNull().default(0),
  },
  (table) => [
    check("walks_state", sql`${table.state} in ('due', 'done', 'given_up', 'withdrawn')`),
    check("walks_kind", sql`${table.kind} in ('signal', 'backfill', 'sweep', 'gap')`),
    check("walks_source_of", sql`(${table.kind} = 'signal') = (${table.sourceId} is null)`),
    // A folder that is signalled again while its walk is due or running asks the same walk.
    uniqueIndex("walks_folder")
      .on(table.accountId, table.folderId, table.recursive)
      .where(sql`source_id is null and state = 'due'`),
    index("walks_due")
      .on(table.dueAt)
      .where(sql`state = 'due'`),
    index("walks_given_up")
      .on(table.failedAt)
      .where(sql`state = 'given_up'`),
    // The newest of each kind; a source has one more with each sweep.
    index("walks_source").on(table.sourceId, table.kind, table.id),
  ],
);

/** One row is a folder that a walk has still to list, from its marker on: the walk's frontier. */
export const walkFolders = pgTable(
  "walk_folders",
  {
    walkId: bigint("walk_id", { mode: "number" })
      .notNull()
      .references(() => walks.id, { onDelete: "cascade" }),
    folderId: text("folder_id").notNull(),
    marker: text("marker"),
    /** A folder listed to its end stays until the walk ends, so that no loop lists it twice. */
    listed: boolean("listed").notNull().default(false),
    /** What its pages up to the marker were counted as: taken back where Box forgets the marker. */
    counted: jsonb("counted").$type<{
      files: number;
      bytes: number;
      matched: number;
      matchedBytes: number;
      skipped: Partial<Record<string, number>>;
    }>(),
    /** When Box did not show it: it is asked for once more before that counts as its end. */
    unseenAt: moment("unseen_at"),
  },
  (table) => [
    primaryKey({ columns: [table.walkId, table.folderId] }),
    index("walk_folders_open")
      .on(table.walkId)
      .where(sql`not listed`),
  ],
);
