import { expect, test } from "vitest";
import { listMetadataFields, putMetadataField } from "../../../src/db/metadata-fields.ts";
import { deskForEach } from "./desk.ts";

const at = deskForEach();

const textOf = (page: string) => page.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");
const ROOM = "/metadata-fields";

async function send(path: string, fields: Record<string, string> = {}) {
  const response = await at.desk.post(path, Object.entries(fields));
  return {
    status: response.status,
    page: await response.text(),
    to: response.headers.get("location"),
  };
}
const known = () => listMetadataFields(at.db);

test("A field is asked for, listed, changed and dropped", async () => {
  expect(await at.desk.html("/")).toContain(`href="${ROOM}"`);
  expect(await at.desk.html(ROOM)).toContain("No field is asked for yet");
  const added = await send(ROOM, {
    name: " site ",
    description: "Where it was <measured>",
    required: "on",
    allowedValues: "Basel\r\n\r\n Bonn ",
  });
  expect(added).toMatchObject({ status: 303, to: `${ROOM}?told=asked` });
  const site = { name: "site", description: "Where it was <measured>" };
  expect(await known()).toMatchObject([
    { ...site, required: true, allowedValues: ["Basel", "Bonn"] },
  ]);
  const page = await at.desk.html(`${ROOM}?told=asked`);
  expect(page).toContain("Every source is asked for it from now on");
  expect(page).toContain("Where it was &lt;measured&gt;");
  expect(textOf(page)).toContain("required, one of Basel, Bonn");

  const form = await at.desk.html(`${ROOM}/site`);
  expect(form).toMatch(/name="required" checked/);
  expect(form).toContain("Basel\nBonn</textarea>");
  expect((await send(`${ROOM}/site`, { description: "" })).to).toBe(`${ROOM}?told=edited`);
  expect(await known()).toMatchObject([
    { name: "site", description: null, required: false, allowedValues: null },
  ]);
  expect(textOf(await at.desk.html(ROOM))).toContain("optional, any value");

  expect((await send(`${ROOM}/site/remove`)).to).toBe(`${ROOM}?told=unasked`);
  expect(await known()).toEqual([]);
});

test("What makes no sense is refused where it was typed, and what was typed stays", async () => {
  const odd = await send(ROOM, { name: "a b", allowedValues: "one\none", required: "on" });
  expect(odd.status).toBe(400);
  expect(textOf(odd.page)).toContain("The name is not a name: 1 to 64");
  expect(textOf(odd.page)).toContain("The list of values holds a value twice");
  expect(odd.page).toContain(`value="a b"`);
  expect(odd.page).toContain(`aria-describedby="name-fault name-help"`);
  const site = { name: "site", description: null, required: true, allowedValues: null };
  await putMetadataField(at.db, site);
  const taken = await send(ROOM, { name: "site" });
  expect(taken.status).toBe(409);
  expect(taken.page).toContain("There is a field of this name");
  const long = await send(`${ROOM}/site`, { allowedValues: `ok\n${"x".repeat(513)}` });
  expect(long.status).toBe(400);
  expect(textOf(long.page)).toContain("is longer than 512 characters");
  expect(await known()).toMatchObject([site]);
});

test("What is no field is not found", async () => {
  expect((await at.desk.get(`${ROOM}/none`)).status).toBe(404);
  for (const path of [`${ROOM}/none`, `${ROOM}/none/remove`, `${ROOM}/%00/remove`])
    expect((await send(path)).status).toBe(404);
});

test("Only a page of ours may ask for one", async () => {
  const strange = await at.desk.post(ROOM, [["name", "site"]], { origin: "https://elsewhere" });
  expect(strange.status).toBe(403);
  expect(await known()).toEqual([]);
});
