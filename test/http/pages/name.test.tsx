import { html } from "hono/html";
import { expect, test } from "vitest";
import { Name } from "../../../src/http/pages/parts/name.tsx";

/** As it is sent to a browser. */
const shown = async (text: string) => (await html`${<Name text={text} />}`).toString();

test("Markup in a name is text", async () => {
  expect(await shown(`<script>alert("1")</script>.csv`)).toBe(
    `<bdi class="name">&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;.csv</bdi>`,
  );
});

test("A name that would turn the letters after it around shows what it holds instead", async () => {
  expect(await shown("invoice\u202efdp.exe")).toBe(
    `<bdi class="name">invoice<span class="unseen">U+202E</span>fdp.exe</bdi>`,
  );
});

test("Characters that show nothing are shown by their number", async () => {
  const odd = await shown("a\u0000b\nc\u200bd\u2066e\ufefff");
  for (const code of ["U+0000", "U+000A", "U+200B", "U+2066", "U+FEFF"])
    expect(odd).toContain(code);
});

test("Arabic, umlauts and joined emoji are left alone", async () => {
  for (const name of ["تقرير.csv", "Übersicht.pdf", "👩‍🔬.png"])
    expect(await shown(name)).toBe(`<bdi class="name">${name}</bdi>`);
});
