import { expect, test } from "vitest";
import { leasePosition, positionKey, takePosition } from "../../src/db/positions.ts";
import { positions } from "../../src/db/schema.ts";
import { rescue } from "../../src/jobs/rescue.ts";
import { inboxForEach } from "../support/for-each.ts";
import { scriptBox, workbench } from "./workbench.ts";

const at = inboxForEach();

test("a stream whose pass could not say that it ended is let go of by the heartbeat, one being read is not", async () => {
  const reading = { accountId: at.account, stream: "changes" } as const;
  await takePosition(at.db, reading.accountId, reading.stream, "1");
  const { deps } = workbench(at.db, scriptBox());
  await leasePosition(at.db, deps.worker, reading.accountId, reading.stream);
  await deps.held.during("positions", positionKey(reading), async () => {
    await rescue(deps, []);
    expect(await at.db.select().from(positions)).toMatchObject([{ leasedBy: deps.worker }]);
  });
  await rescue(deps, []);
  expect(await at.db.select().from(positions)).toMatchObject([{ leasedBy: null }]);
});
