import { afterAll, beforeAll, expect, test } from "vitest";
import { freshBox, type Ground, officialClient } from "./client.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await freshBox({ watch: false });
});
afterAll(() => ground.remove());

const owner = () => officialClient(ground.box, "enterprise");
const colleague = () => officialClient(ground.box, "user");
const queryParams = { fields: ["shared_link"] } as const;
const refusal = (status: number, code: string) => ({ responseInfo: { body: { status, code } } });

async function sharedFile(name: string, link: { access: "open" | "company"; password?: string }) {
  const { file } = await ground.box.account.upload({ parentId: "0", name, bytes: "x" });
  const body = { sharedLink: link };
  const shared = await owner().sharedLinksFiles.addShareLinkToFile(file.id, body, {
    fields: "shared_link",
  });
  return { id: file.id, url: shared.sharedLink!.url };
}

const naming = (url: string, password?: string) => ({
  boxapi: `shared_link=${url}${password === undefined ? "" : `&shared_link_password=${password}`}`,
});
const opened = (url: string, password?: string) =>
  colleague().sharedLinksFiles.findFileForSharedLink({}, naming(url, password));
const openedFolder = (url: string) =>
  colleague().sharedLinksFolders.findFolderForSharedLink({}, naming(url));

test("a shared link leads everybody who has its password to the file, and nobody else", async () => {
  const { id, url } = await sharedFile("secret.txt", { access: "open", password: "Sesame1!" });
  expect(await opened(url, "Sesame1!")).toMatchObject({ id, name: "secret.txt" });
  const refused = refusal(403, "incorrect_shared_item_password");
  await expect(opened(url, "wrong")).rejects.toMatchObject(refused);
  await expect(opened(url)).rejects.toMatchObject(refused);
  await ground.restart();
  expect((await owner().files.getFileById(id, { queryParams })).sharedLink).toMatchObject({
    url,
    access: "open",
    isPasswordEnabled: true,
  });
});

test("a link for collaborators opens nothing to others, and one that is taken back is gone", async () => {
  const { id, url } = await sharedFile("plan.txt", { access: "company" });
  expect(await opened(url)).toMatchObject({ id });
  const narrower = { sharedLink: { access: "collaborators" } } as const;
  const { sharedLinksFiles, files } = owner();
  const changed = await sharedLinksFiles.updateSharedLinkOnFile(id, narrower, {
    fields: "shared_link",
  });
  expect(changed.sharedLink).toMatchObject({ url, access: "collaborators" });
  await expect(opened(url)).rejects.toMatchObject(refusal(404, "not_found"));
  await sharedLinksFiles.removeSharedLinkFromFile(
    id,
    { sharedLink: null },
    { fields: "shared_link" },
  );
  expect((await files.getFileById(id, { queryParams })).sharedLink).toBeFalsy();
});

test("a folder has a link as well, until its day is over or it lies in the trash", async () => {
  const { folders } = owner();
  const folder = await ground.box.account.createFolder({ parentId: "0", name: "Shared" });
  const link = async (unsharedAt?: string) => {
    const sharedLink = unsharedAt === undefined ? {} : { unshared_at: unsharedAt };
    const answer = await fetch(`${ground.box.url}/2.0/folders/${folder.id}?fields=shared_link`, {
      method: "PUT",
      headers: { authorization: `Bearer ${ground.box.developerToken()}` },
      body: JSON.stringify({ shared_link: sharedLink }),
    });
    return ((await answer.json()) as { shared_link: { url: string } }).shared_link.url;
  };
  const url = await link();
  expect(await openedFolder(url)).toMatchObject({ id: folder.id });
  expect(await link("2001-01-01T00:00:00Z")).toBe(url);
  await expect(openedFolder(url)).rejects.toMatchObject(refusal(404, "not_found"));
  expect(await link("2999-01-01T00:00:00Z")).toBe(url);
  expect(await openedFolder(url)).toMatchObject({ id: folder.id });
  await folders.deleteFolderById(folder.id);
  await expect(openedFolder(url)).rejects.toMatchObject(refusal(404, "not_found"));
});
