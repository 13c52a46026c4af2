import { sql } from "drizzle-orm";
import { type Database, rows } from "../db/open.ts";
import type { Secrets } from "../secrets.ts";
import { credentialsPlace, signatureKeysPlace } from "./secret-places.ts";

/** Every column that holds sealed secrets, and where each row's is bound to. */
const SEALED = [
  { table: "accounts", column: "credentials", placeOf: credentialsPlace },
  { table: "accounts", column: "signature_keys", placeOf: signatureKeysPlace },
];

/** So many rows a transaction: killed anywhere, the next run goes on with the rest. */
const BATCH = 100;

/**
 * Brings every secret under the newest master key; afterwards the older ones can be thrown away.
 * Answers how many were rewrapped: run again, none. Safe beside a running service, which reads both:
 * a secret that changes meanwhile is left as its writer left it. Throws, naming the row, at a secret
 * that no known key opens; what was rewrapped before stays so.
 */
export async function rotateKeys(db: Database, secrets: Secrets): Promise<number> {
  let rewrapped = 0;
  for (const { table, column, placeOf } of SEALED) {
    const [name, sealed] = [sql.identifier(table), sql.identifier(column)];
    for (;;) {
      const done = await db.transaction(async (tx) => {
        const found = await rows<{ id: string; sealed: Buffer }>(
          tx,
          sql`
            select id, ${sealed} as sealed from ${name}
            where ${sealed} is not null
              and substring(${sealed} from 1 for ${secrets.newest.length}::int)
                <> decode(${secrets.newest.toString("hex")}, 'hex')
            order by id limit ${BATCH}::int for update`,
        );
        for (const row of found) {
          const again = rewrap(secrets, row.sealed, placeOf(row.id), `${table} ${row.id}`);
          await tx.execute(sql`
            update ${name} set ${sealed} = decode(${again.toString("hex")}, 'hex')
            where id = ${row.id}::uuid`);
        }
        return found.length;
      });
      rewrapped += done;
      if (done < BATCH) break;
    }
  }
  return rewrapped;
}

function rewrap(secrets: Secrets, sealed: Uint8Array, place: string, row: string): Buffer {
  try {
    return secrets.rewrap(sealed, place);
  } catch (error) {
    throw new Error(`${(error as Error).message} (${row})`, { cause: error });
  }
}
