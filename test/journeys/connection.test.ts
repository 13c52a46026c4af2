import { afterAll, beforeAll, expect, it } from "vitest";
import { type House, openHouse } from "../support/house.ts";

interface Check {
  name: string;
  ok: boolean;
  needed: boolean;
  detail: string;
  hint?: string;
}
interface Report {
  ok: boolean;
  identity: { userId: string; enterpriseId: string } | null;
  checks: Check[];
}

let house: House;
beforeAll(async () => {
  house = await openHouse({ roles: ["web"] });
});
afterAll(() => house.close());

/** A folder with one file in it, shared with the user in this role. */
async function shared(name: string, role: "viewer" | "previewer") {
  const { account, ccg } = house.box;
  const { id } = await account.createFolder({ parentId: "0", name });
  await account.upload({ parentId: id, name: "plate.csv", bytes: "well,absorbance\n" });
  await account.collaborate({ type: "folder", id, userId: ccg.userId, role });
  return id;
}

function grant(subject: "enterprise" | "user", wrong: object = {}) {
  const { clientId, clientSecret, enterpriseId, userId } = house.box.ccg;
  const subjectId = subject === "user" ? userId : enterpriseId;
  return { kind: "ccg", clientId, clientSecret, subject, subjectId, ...wrong };
}

async function tried(auth: object, folderId?: string): Promise<Report & { status: number }> {
  const response = await fetch(`http://127.0.0.1:${house.port}/api/accounts/test`, {
    method: "POST",
    headers: { authorization: `Bearer ${house.adminToken}`, "content-type": "application/json" },
    body: JSON.stringify({ auth, signatureKeys: house.box.signatureKeys, folderId }),
  });
  return { ...((await response.json()) as Report), status: response.status };
}

const failing = ({ checks }: Report) => checks.filter(({ ok }) => !ok).map(({ name }) => name);
const hintOf = ({ checks }: Report, name: string) =>
  checks.find((check) => check.name === name)?.hint;

it("finds nothing lacking in a service account that may do everything", async () => {
  const folder = await shared("Everything", "viewer");
  house.box.calls.reset();
  const report = await tried(grant("enterprise"), folder);
  expect(failing(report)).toEqual([]);
  expect(report).toMatchObject({
    status: 200,
    ok: true,
    identity: { userId: house.box.ccg.serviceUserId, enterpriseId: house.box.ccg.enterpriseId },
  });
  expect(house.box.calls.byKind()).toEqual({
    token: 1,
    me: 1,
    events: 1,
    webhooks: 1,
    folder: 1,
    folder_items: 1,
    content: 1,
    download: 1,
  });
  expect(house.box.calls.leakedTokens()).toBe(0);
});

it("passes a user who is only a Viewer of the folder", async () => {
  const report = await tried(grant("user"), await shared("Viewed", "viewer"));
  expect(report.ok).toBe(true);
  expect(failing(report)).toEqual([]);
});

it("tells a Previewer that the folder is visible and cannot be downloaded", async () => {
  const report = await tried(grant("user"), await shared("Previewed", "previewer"));
  expect(report.ok).toBe(false);
  expect(failing(report)).toEqual(["download"]);
  expect(hintOf(report, "download")).toMatch("Previewer and Uploader may not download");
});

it("tells a Previewer so where no file lies yet that could be tried", async () => {
  const { account, ccg } = house.box;
  const { id } = await account.createFolder({ parentId: "0", name: "Empty" });
  await account.collaborate({ type: "folder", id, userId: ccg.userId, role: "previewer" });
  const previewer = await tried(grant("user"), id);
  expect(previewer.ok).toBe(false);
  expect(failing(previewer)).toEqual(["download"]);
  expect(hintOf(previewer, "download")).toMatch("Previewer and Uploader may not download");
});

it("tells whom to invite to a folder that nobody shared", async () => {
  const { id } = await house.box.account.createFolder({ parentId: "0", name: "Private" });
  const report = await tried(grant("user"), id);
  expect(failing(report)).toEqual(["folder", "download"]);
  expect(hintOf(report, "folder")).toMatch(/Invite .+ to the folder as Viewer or above/);
});

it("tells an application without the scopes what it lacks, and that it can do without", async () => {
  const effect = { type: "status", status: 403, code: "insufficient_scope" } as const;
  house.box.faults.arm({ kind: ["webhooks", "events"], times: 2, effect });
  const report = await tried(grant("enterprise"));
  expect(report.ok).toBe(true);
  expect(failing(report)).toEqual(["enterprise_events", "webhooks"]);
  expect(hintOf(report, "enterprise_events")).toMatch("Manage enterprise properties");
  expect(hintOf(report, "webhooks")).toMatch("Manage webhooks");
});

it.each([
  ["a wrong secret", { clientSecret: "no" }, /client id and secret/],
  ["another enterprise's id", { subjectId: "1" }, /Enterprise ID .+Admin Console/],
])("says of %s where the right one stands in Box's console", async (_, wrong, words) => {
  const report = await tried(grant("enterprise", wrong));
  expect(report).toMatchObject({ status: 422, ok: false, identity: null });
  expect(failing(report)).toEqual(["credentials"]);
  expect(hintOf(report, "credentials")).toMatch(words);
});

it.each([
  ["another key", { publicKeyID: "other" }, {}, /does not hold the public key .+ Add and Manage/],
  ["another enterprise's id", {}, { enterpriseID: "1" }, /^The enterprise id is not that/],
])("says of a JWT application with %s what is wrong with it", async (_, app, file, words) => {
  const config = house.box.jwtConfig();
  const { boxAppSettings: settings } = config;
  const boxAppSettings = { ...settings, appAuth: { ...settings.appAuth, ...app } };
  const report = await tried({ kind: "jwt", config: { ...config, ...file, boxAppSettings } });
  expect([report.status, failing(report)]).toEqual([422, ["credentials"]]);
  expect(hintOf(report, "credentials")).toMatch(words);
});

it("says what to quote to Box's support", async () => {
  const effect = { type: "status", status: 403, code: "forbidden_by_policy" } as const;
  house.box.faults.arm({ kind: "content", effect });
  const report = await tried(grant("enterprise"), await shared("Quoted", "viewer"));
  const line = report.checks.find(({ name }) => name === "download");
  expect(line).toMatchObject({ ok: false, requestId: expect.stringMatching(/^[0-9a-f]{16}$/) });
});

it("says of a developer token that ended how to make another", async () => {
  const report = await tried({ kind: "developerToken", token: "ended" });
  expect(report.status).toBe(422);
  expect(hintOf(report, "credentials")).toMatch("60 minutes");
});

it("shows a user who was invited the folders that were shared, and finds one by its address", async () => {
  const id = await shared("Picked", "viewer");
  const account = await house.linkAccount("Picker", "user");
  const folders = `/api/accounts/${account.id}/folders`;
  type Folder = { folderId: string; name: string };
  const root = await house.api<{ items: Folder[] }>("GET", folders);
  expect(root.items).toContainEqual({ folderId: id, name: "Picked" });
  house.box.calls.reset();
  const address = encodeURIComponent(`https://app.box.com/folder/${id}`);
  const found = await house.api<{ path: Folder[] }>("GET", `${folders}/resolve?from=${address}`);
  expect(found.path.at(-1)).toEqual({ folderId: id, name: "Picked" });
  expect(house.box.calls.count("folder")).toBe(1);
});
