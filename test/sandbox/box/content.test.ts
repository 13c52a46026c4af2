import { afterAll, beforeAll, expect, test } from "vitest";
import { freshBox, type Ground } from "./client.ts";

let ground: Ground;
let later = 0;
beforeAll(async () => {
  ground = await freshBox({ watch: false, now: () => Date.now() + later });
});
afterAll(() => ground.remove());

async function linkTo(bytes: string, name: string): Promise<string> {
  const { file } = await ground.box.account.upload({ parentId: "0", name, bytes });
  const response = await fetch(`${ground.box.url}/2.0/files/${file.id}/content`, {
    headers: { authorization: `Bearer ${ground.box.developerToken()}` },
    redirect: "manual",
  });
  expect(response.status).toBe(302);
  return response.headers.get("location")!;
}

test("a download leads to a host of its own, where the link alone is enough", async () => {
  const link = await linkTo("0123456789", "digits.txt");
  expect(new URL(link).host).toBe(ground.box.downloadHost);
  expect(new URL(link).origin).not.toBe(ground.box.url);
  expect(await (await fetch(link)).text()).toBe("0123456789");
});

test.each([
  ["bytes=2-4", 206, "234", "bytes 2-4/10"],
  ["bytes=7-", 206, "789", "bytes 7-9/10"],
  ["bytes=-2", 206, "89", "bytes 8-9/10"],
  ["bytes=5-99", 206, "56789", "bytes 5-9/10"],
  ["items=1-2", 200, "0123456789", null],
])("the range %s is answered %i", async (range, status, text, contentRange) => {
  const link = await linkTo("0123456789", `${range}.txt`);
  const response = await fetch(link, { headers: { range } });
  expect(response.status).toBe(status);
  expect(await response.text()).toBe(text);
  expect(response.headers.get("content-range")).toBe(contentRange);
});

test("a range beyond the end is refused", async () => {
  const link = await linkTo("0123456789", "short.txt");
  expect((await fetch(link, { headers: { range: "bytes=10-" } })).status).toBe(416);
});

test("an empty file has an empty body", async () => {
  const response = await fetch(await linkTo("", "empty.txt"));
  expect(response.headers.get("content-length")).toBe("0");
  expect(await response.text()).toBe("");
});

test("a forged link leads nowhere, and a link ends after a while", async () => {
  const link = await linkTo("secret", "secret.txt");
  expect((await fetch(link.replace(/.\/download$/, "/download"))).status).toBe(404);
  later = 16 * 60_000;
  expect((await fetch(link)).status).toBe(403);
  later = 0;
});
