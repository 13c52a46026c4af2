import { eq } from "drizzle-orm";
import { expect, it, onTestFinished } from "vitest";
import { budgets } from "../../src/db/schema.ts";
import { eventually } from "../support/eventually.ts";
import { openHouse } from "../support/house.ts";

interface Counted {
  kind: string;
  status: string;
  account: string;
  calls: number;
}

/** `longshore_box_calls_total` as a scrape shows it. */
async function readMetric(port: number, adminToken: string): Promise<Counted[]> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, {
    headers: { authorization: `Bearer ${adminToken}` },
  });
  return [...(await response.text()).matchAll(/^longshore_box_calls_total\{(.*)\} (\d+)$/gm)].map(
    ([, labels = "", calls]) => {
      const read = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]);
      return { ...(Object.fromEntries(read) as Omit<Counted, "calls">), calls: Number(calls) };
    },
  );
}

const sum = (counted: Counted[]) => counted.reduce((total, { calls }) => total + calls, 0);

it("counts every call that Box saw, by account, and in its user's budget what Box limits", async () => {
  const house = await openHouse({ roles: [] });
  const { box } = house;
  onTestFinished(() => house.close());
  const { id } = await box.account.createFolder({ parentId: "0", name: "Inbox" });
  await box.account.upload({ parentId: id, name: "plate.csv", bytes: "a,b\n" });
  const { userId, clientId, clientSecret } = box.ccg;
  await box.account.collaborate({ type: "folder", id, userId, role: "viewer" });
  const auth = { kind: "ccg", clientId, clientSecret, subject: "user", subjectId: userId };
  box.calls.reset();
  const service = await house.start("web", "worker");

  await house.api("POST", "/api/accounts/test", { auth, folderId: id });
  const wrong = house.api("POST", "/api/accounts/test", { auth: { ...auth, clientSecret: "no" } });
  await expect(wrong).rejects.toThrow("422");
  const account = await house.linkAccount("Lab", "user");
  await house.addSource(account.id, id);
  await eventually("the file has landed", async () => (await house.landed()).length > 0);
  await house.api("POST", `/api/accounts/${account.id}/test`, { folderId: id });
  await house.api("GET", `/api/accounts/${account.id}/folders`);
  const { counted, byKind } = await eventually("both have counted as many", async () => {
    const counted = await readMetric(house.port, house.adminToken);
    return sum(counted) === box.calls.count() && { counted, byKind: box.calls.byKind() };
  });

  const of = (...kinds: string[]) => sum(counted.filter(({ kind }) => kinds.includes(kind)));
  expect(of("token")).toBe(byKind.token);
  expect(of("content")).toBe(byKind.download);
  expect(of("download")).toBe(byKind.content);
  expect(of("user")).toBe(byKind.me);
  expect(of("webhook")).toBe(byKind.webhooks);
  expect(new Set(counted.map((one) => one.account))).toEqual(new Set(["trial", account.id]));
  expect(counted).toContainEqual({ kind: "token", status: "400", account: "trial", calls: 1 });

  // Leases that were not used are given back at the end. Box limits neither tokens nor its content hosts.
  await house.stop(service);
  const { token = 0, download = 0 } = box.calls.byKind();
  const [budget] = await house.db.select().from(budgets).where(eq(budgets.boxUserId, userId));
  expect(budget?.usedInMonth).toBe(box.calls.count() - token - download);
});
