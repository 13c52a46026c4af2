import { sql } from "drizzle-orm";
import type { Database } from "../../src/db/open.ts";
import { CRONTAB } from "../../src/jobs/crontab.ts";

/** Unset, minutes are as long as they are. */
const MINUTE_MS = Number(process.env["MINUTE_MS"]) || undefined;

const TASKS = [...CRONTAB.matchAll(/^(?:\* ){5}(\w+)/gm)].map(([, task]) => task);

/**
 * `MINUTE_MS=300 npm test`: in every house what the crontab wakes each minute comes so often, so that a test which
 * holds only while no minute begins fails at once, and not in one run of a hundred. Answers what ends it.
 */
export function hurryMinutes(db: Database): () => void {
  if (MINUTE_MS === undefined) return () => {};
  const wake = () =>
    void db
      .execute(
        sql`select graphile_worker.add_job(task, '{}', job_key => 'hurried ' || task)
          from json_array_elements_text(${JSON.stringify(TASKS)}::json) as task`,
      )
      .catch(() => {});
  const timer = setInterval(wake, MINUTE_MS);
  return () => clearInterval(timer);
}
