import { randomBytes } from "node:crypto";
import type { SQLOutputValue } from "node:sqlite";
import type { Catalogue } from "./catalogue.ts";
import type { Checksums, Sums } from "./checksums.ts";
import { noSession } from "./errors.ts";
import type { Preconditions } from "./preconditions.ts";
import type { ObjectFields } from "./generation.ts";

/** A resumable upload that was begun. Its id is all a caller needs: the address is a secret. */
export interface Session {
  /** Also the name of its staged file. */
  id: string;
  bucket: string;
  name: string;
  startedAt: Date;
  /** From X-Upload-Content-Length. */
  declaredBytes: number | undefined;
  preconditions: Preconditions;
  fields: ObjectFields;
  promised: Partial<Sums>;
  /** Bytes that a resumed upload need not send again. */
  persistedBytes: number;
  outcome: "open" | "finalised" | "cancelled" | "gone";
  /** What it became. */
  generation: number | undefined;

  /** Over exactly the persisted bytes; lost with the process, then counted again from the file. */
  checksums: Checksums | undefined;
  /** The request that is sending now: a newer one takes over from it. */
  sending: { interrupt(): void; ended: Promise<void> } | undefined;
}

/** https://cloud.google.com/storage/docs/resumable-uploads#session-uris */
const LIFETIME_MS = 7 * 24 * 3600 * 1000;

export type Sessions = ReturnType<typeof openSessions>;

/** Sessions survive a restart; what is finished is forgotten when its week is over. */
export function openSessions({ db }: Catalogue) {
  const known = new Map<string, Session>();
  db.prepare("delete from sessions where started_at < ?").run(Date.now() - LIFETIME_MS);
  db.exec(FINISH_INTERRUPTED);
  const select = db.prepare("select * from sessions where id = ?");
  const update = db.prepare(
    "update sessions set persisted_bytes = ?, outcome = ?, generation = ? where id = ?",
  );

  return {
    start(
      of: Pick<
        Session,
        "bucket" | "name" | "declaredBytes" | "preconditions" | "fields" | "promised"
      >,
    ): Session {
      const session: Session = {
        ...of,
        id: randomBytes(32).toString("base64url"),
        startedAt: new Date(),
        persistedBytes: 0,
        outcome: "open",
        generation: undefined,
        checksums: undefined,
        sending: undefined,
      };
      db.prepare("insert into sessions values (?, ?, ?, ?, ?, ?, ?, ?, 0, 'open', null)").run(
        session.id,
        session.bucket,
        session.name,
        session.startedAt.getTime(),
        session.declaredBytes ?? null,
        JSON.stringify(session.preconditions),
        JSON.stringify(session.fields),
        JSON.stringify(session.promised),
      );
      known.set(session.id, session);
      return session;
    },

    /** Throws 404 for an id that never was or has outlived its week. */
    find(id: string | undefined): Session {
      const found = known.get(id ?? "") ?? read(select.get(id ?? ""));
      if (!found || found.startedAt.getTime() < Date.now() - LIFETIME_MS) throw noSession(404);
      if (found.outcome === "open") known.set(found.id, found);
      return found;
    },

    save(session: Session): void {
      const { id, persistedBytes, outcome, generation } = session;
      update.run(persistedBytes, outcome, generation ?? null, id);
      if (outcome !== "open") known.delete(id);
    },

    openIds(): Set<string> {
      const rows = db.prepare("select id from sessions where outcome = 'open'").all();
      return new Set(rows.map((row) => String(row["id"])));
    },
  };
}

/** The process died between the object's birth and the session's end. */
const FINISH_INTERRUPTED = `
  update sessions set outcome = 'finalised',
    generation = (select max(generation) from generations where staged = sessions.id)
  where outcome = 'open' and id in (select staged from generations)`;

function read(row: Record<string, SQLOutputValue> | undefined): Session | undefined {
  if (!row) return undefined;
  const parsed = (column: string): unknown => JSON.parse(String(row[column]));
  const numberOf = (column: string) => (row[column] === null ? undefined : Number(row[column]));
  return {
    id: String(row["id"]),
    bucket: String(row["bucket"]),
    name: String(row["name"]),
    startedAt: new Date(Number(row["started_at"])),
    declaredBytes: numberOf("declared_bytes"),
    preconditions: parsed("preconditions") as Preconditions,
    fields: parsed("fields") as ObjectFields,
    promised: parsed("promised") as Partial<Sums>,
    persistedBytes: Number(row["persisted_bytes"]),
    outcome: String(row["outcome"]) as Session["outcome"],
    generation: numberOf("generation"),
    checksums: undefined,
    sending: undefined,
  };
}
