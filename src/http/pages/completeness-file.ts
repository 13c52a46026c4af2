import { type Difference, listDifferences } from "../../db/completeness.ts";
import type { Database } from "../../db/open.ts";
import { type AskedSource, askedSource } from "../../db/source-proof.ts";
import {
  type Completeness,
  completenessCsv,
  proveCompleteness,
} from "../../operations/completeness.ts";
import { toDifference, toReport } from "../api/completeness.ts";

/** So many differences are in memory at once, whatever their number. */
const PAGE = 500;

/**
 * The whole report of a source as a file, read as it is written: the API's CSV, or its JSON with every
 * difference in one list.
 */
export function completenessFile(
  db: Database,
  asked: { id: string; accountId: string; folderId: string },
  asCsv: boolean,
): { type: string; pieces: AsyncGenerator<string> } {
  const source = askedSource(asked);
  const write = asCsv ? completenessCsv : completenessJson;
  async function* pieces() {
    yield* write(db, source, await proveCompleteness(db, source));
  }
  const type = asCsv ? "text/csv; charset=utf-8" : "application/json; charset=utf-8";
  return { type, pieces: pieces() };
}

async function* completenessJson(
  db: Database,
  source: AskedSource,
  report: Completeness,
): AsyncGenerator<string> {
  yield `${JSON.stringify(toReport(report)).slice(0, -1)},"items":[`;
  let after: Difference | undefined;
  let isFirst = true;
  do {
    const page = await listDifferences(db, source, report.proof, { after, limit: PAGE });
    for (const difference of page) {
      yield `${isFirst ? "" : ","}\n${JSON.stringify(toDifference(difference))}`;
      isFirst = false;
    }
    after = page.length < PAGE ? undefined : page.at(-1);
  } while (after);
  yield "\n]}\n";
}
