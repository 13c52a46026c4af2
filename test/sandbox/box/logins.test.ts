import {
  BoxCcgAuth,
  BoxClient,
  BoxDeveloperTokenAuth,
  BoxJwtAuth,
  CcgConfig,
  JwtConfig,
} from "box-typescript-sdk-gen";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshBox, type Ground, networkTo, officialClient } from "./client.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await freshBox({ watch: false });
});
afterAll(() => ground.remove());

const jwt = () =>
  new BoxJwtAuth({
    config: JwtConfig.fromConfigJsonString(JSON.stringify(ground.box.jwtConfig())),
  });
const clientOf = (auth: BoxJwtAuth | BoxCcgAuth | BoxDeveloperTokenAuth) =>
  new BoxClient({ auth, networkSession: networkTo(ground.box) });
const withToken = (token: string) => clientOf(new BoxDeveloperTokenAuth({ token }));

const refusal = (status: number, code: string) => ({ responseInfo: { body: { status, code } } });

async function folder(name: string, client = officialClient(ground.box, "enterprise")) {
  return client.folders.createFolder({ name, parent: { id: "0" } });
}

test("a signed assertion is granted for the enterprise and for a user, across a restart", async () => {
  const { serviceUserId, userId } = ground.box.ccg;
  expect((await clientOf(jwt()).users.getUserMe()).id).toBe(serviceUserId);
  const config = ground.box.jwtConfig();
  await ground.restart();
  expect(ground.box.jwtConfig()).toEqual(config);
  expect((await clientOf(jwt().withUserSubject(userId)).users.getUserMe()).id).toBe(userId);
});

test("an assertion is good once, and only as it was signed", async () => {
  const asked: URLSearchParams[] = [];
  const network = networkTo(ground.box);
  const client = new BoxClient({
    auth: jwt(),
    networkSession: network.withInterceptors([
      {
        beforeRequest: (options) => {
          if (options.url.includes("/oauth2/token"))
            asked.push(new URLSearchParams(options.data as Record<string, string>));
          return options;
        },
        afterRequest: (response) => response,
      },
    ]),
  });
  await client.users.getUserMe();
  const again = async (form: URLSearchParams) => {
    const body = new URLSearchParams(form);
    const response = await fetch(`${ground.box.url}/oauth2/token`, { method: "POST", body });
    return { status: response.status, ...((await response.json()) as object) };
  };
  const [form] = asked;
  const used = {
    status: 400,
    error: "invalid_grant",
    error_description: "Please check the 'jti' claim. A unique 'jti' value is required.",
  };
  expect(await again(form!)).toEqual(used);
  const [head, body, signature] = form!.get("assertion")!.split(".");
  const claims = JSON.parse(Buffer.from(body!, "base64url").toString()) as object;
  const forged = Buffer.from(JSON.stringify({ ...claims, jti: "another one, long" }));
  form!.set("assertion", `${head}.${forged.toString("base64url")}.${signature}`);
  expect(await again(form!)).toMatchObject({
    error_description: expect.stringContaining("Signature"),
  });
  form!.set("assertion", "no JWT");
  expect(await again(form!)).toMatchObject({ status: 400, error: "invalid_grant" });
});

test("the service account acts as another user, and nobody else may", async () => {
  const { userId, serviceUserId } = ground.box.ccg;
  const client = officialClient(ground.box, "enterprise");
  expect((await client.withAsUserHeader(userId).users.getUserMe()).id).toBe(userId);
  const denied = refusal(403, "access_denied_insufficient_permissions");
  const colleague = officialClient(ground.box, "user");
  await expect(colleague.withAsUserHeader(serviceUserId).users.getUserMe()).rejects.toMatchObject(
    denied,
  );
  await expect(client.withAsUserHeader("12").users.getUserMe()).rejects.toMatchObject(denied);
});

test("what a user puts in their root is theirs alone, besides the tree's owner", async () => {
  const colleague = officialClient(ground.box, "user");
  const mine = await folder("Robin's", colleague);
  const theirs = await folder("Not Robin's");
  const { entries } = await colleague.folders.getFolderItems("0");
  expect(entries!.map(({ id }) => id)).toEqual([mine.id]);
  await expect(colleague.folders.getFolderById(theirs.id)).rejects.toMatchObject(
    refusal(404, "not_found"),
  );
  const { entries: shares } = await colleague.listCollaborations.getFolderCollaborations(mine.id);
  expect(shares).toEqual([]);
  await colleague.folders.deleteFolderById(mine.id);
});

test("a downscoped token may do what its scopes say to its item, and ends with its parent", async () => {
  const config = new CcgConfig({ ...ground.box.ccg });
  const auth = new BoxCcgAuth({ config });
  const parent = clientOf(auth);
  const network = networkTo(ground.box);
  const [top, other] = [await folder("Scoped", parent), await folder("Elsewhere", parent)];
  const below = await parent.folders.createFolder({ name: "Below", parent: { id: top.id } });
  const resource = `https://api.box.com/2.0/folders/${top.id}`;
  const weak = await auth.downscopeToken(
    ["item_rename", "item_preview"],
    resource,
    undefined,
    network,
  );
  const client = withToken(weak.accessToken!);

  const renamed = await client.folders.updateFolderById(below.id, { requestBody: { name: "New" } });
  expect(renamed.name).toBe("New");
  const narrow = refusal(403, "insufficient_scope");
  await expect(client.folders.deleteFolderById(below.id)).rejects.toMatchObject({
    responseInfo: { statusCode: 403 },
  });
  await expect(client.folders.getFolderById(other.id)).rejects.toMatchObject(narrow);
  const nested = auth.downscopeToken(["item_readonly"], undefined, undefined, network);
  expect((await nested).accessToken).toBeDefined();

  await auth.revokeToken(network);
  await expect(client.folders.getFolderById(below.id)).rejects.toThrow(/expired/);
});

test("users come, change and go, and the enterprise's stream tells of it", async () => {
  const client = officialClient(ground.box, "enterprise");
  const made = await client.users.createUser({ name: "Kim", isPlatformAccessOnly: true });
  expect(await client.users.getUserById(made.id)).toMatchObject({ name: "Kim", login: made.login });
  const requestBody = { name: "Kim Lee" };
  expect((await client.users.updateUserById(made.id, { requestBody })).name).toBe("Kim Lee");
  const listed = await client.users.getUsers({ filterTerm: "kim" });
  expect(listed).toMatchObject({ totalCount: 1, entries: [{ id: made.id }] });
  await expect(
    officialClient(ground.box, "user").users.createUser({ name: "No" }),
  ).rejects.toMatchObject(refusal(403, "access_denied_insufficient_permissions"));

  await client.users.deleteUserById(made.id);
  await expect(client.users.getUserById(made.id)).rejects.toMatchObject(refusal(404, "not_found"));
  const { entries } = await client.events.getEvents({
    streamType: "admin_logs",
    eventType: ["NEW_USER", "DELETE_USER"],
  });
  expect(
    entries!.map(({ eventType, source }) => [eventType, (source as { id: string }).id]),
  ).toEqual([
    ["NEW_USER", made.id],
    ["DELETE_USER", made.id],
  ]);
});

test("a collaboration is read, changed, listed and ended; an outsider's stays pending", async () => {
  const client = officialClient(ground.box, "enterprise");
  const shared = await folder("Shared");
  const item = { type: "folder", id: shared.id } as const;
  const { userId } = ground.box.ccg;
  const made = await client.userCollaborations.createCollaboration({
    item,
    accessibleBy: { type: "user", id: userId },
    role: "editor",
  });
  expect(await client.userCollaborations.getCollaborationById(made.id)).toMatchObject({
    status: "accepted",
    role: "editor",
    item: { id: shared.id },
  });
  await client.userCollaborations.updateCollaborationById(made.id, {
    requestBody: { role: "viewer" },
  });
  const colleague = officialClient(ground.box, "user");
  await expect(
    colleague.folders.createFolder({ name: "x", parent: { id: shared.id } }),
  ).rejects.toMatchObject(refusal(403, "access_denied_insufficient_permissions"));

  const invited = await client.userCollaborations.createCollaboration({
    item,
    accessibleBy: { type: "user", login: "guest@example.org" },
    role: "editor",
  });
  expect(invited).toMatchObject({ status: "pending", inviteEmail: "guest@example.org" });
  const list = () => client.listCollaborations.getFolderCollaborations(shared.id);
  expect((await list()).entries!.map(({ role, status }) => [role, status])).toEqual([
    ["viewer", "accepted"],
    ["editor", "pending"],
  ]);
  for (const { id } of [made, invited]) await client.userCollaborations.deleteCollaborationById(id);
  expect((await list()).entries).toEqual([]);
});
