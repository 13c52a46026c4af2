import { listFailures } from "../../db/failures.ts";
import { cutPage } from "../cut-page.ts";
import type { HttpDeps } from "../deps.ts";
import { address } from "./address.ts";
import type { FailuresProps } from "./failures.tsx";
import { namesOf } from "./names.ts";
import { failureMark } from "./query.ts";

const SHOWN = 50;

/** What the page of failures shows; `before` is the mark of the page before. */
export async function readFailures(
  { db }: Pick<HttpDeps, "db">,
  before: string | undefined,
): Promise<FailuresProps> {
  const after = failureMark.read(before);
  const found = await listFailures(db, { after, limit: SHOWN + 1 });
  const { shown: failures, last } = cutPage(found, SHOWN);
  const names = await namesOf(db, {
    accounts: failures.map(({ accountId }) => accountId),
    sources: failures.flatMap(({ sourceId }) => sourceId ?? []),
  });
  return {
    failures,
    names,
    path: address("/failures", { before: after && failureMark.write(after) }),
    older: last && address("/failures", { before: failureMark.write(last) }),
    now: new Date(),
  };
}
