import { parseCrontab } from "graphile-worker";
import { expect, test } from "vitest";
import { CRONTAB } from "../../src/jobs/crontab.ts";
import { PRIORITY } from "../../src/operations/enqueue.ts";

const item = (task: string) => {
  const found = parseCrontab(CRONTAB).find((one) => one.task === task);
  if (!found) throw new Error(`no ${task} in the crontab`);
  return found;
};
const everyMinute = Array.from({ length: 60 }, (_, min) => ({
  min,
  hour: 3,
  date: 1,
  month: 1,
  dow: 1,
}));

test.each(["reconcile", "keep_webhooks", "look_after"])("%s wakes every minute", (task) => {
  const { match } = item(task);
  expect(everyMinute.filter((minute) => !match(minute))).toEqual([]);
});

test.each(["reconcile", "keep_webhooks", "look_after", "start_sweeps"])(
  "%s waits behind no work that is due, however much of it there is",
  (task) => expect(item(task).options.priority).toBe(PRIORITY.pass),
);

test("what is older than it is kept is removed every hour", () => {
  const { match, options } = item("prune");
  expect(everyMinute.filter((minute) => match(minute))).toHaveLength(1);
  expect(match({ min: 41, hour: 22, date: 31, month: 12, dow: 0 })).toBe(true);
  expect(options).toMatchObject({ queueName: "prune", jobKey: "prune" });
});

test.each(["keep_webhooks", "look_after"])(
  "a pass of %s that takes long is neither doubled nor queued up",
  (task) => {
    expect(item(task).options).toMatchObject({ queueName: task, jobKey: task });
  },
);

test("idle logins are renewed once a day, and a day that was missed is made up for", () => {
  const { match, options } = item("keep_logins");
  expect(everyMinute.filter((minute) => match(minute))).toHaveLength(1);
  expect(options.backfillPeriod).toBe(24 * 3_600_000);
});
