import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";

const DOCUMENT = resolve(import.meta.dirname, "../docs/traps.md");
const TEXT = readFileSync(DOCUMENT, "utf8");

/**
 * The full names of a file's tests, as vitest prints them: those of the suites around them first. A suite
 * ends where its indentation does, which the formatter keeps; templates stay as they are written.
 */
function testsIn(path: string): Set<string> {
  const call = /^( *)(describe|test|it)(?:\.(?:each|for)\b[^]*?\))?\(\s*("(?:[^"\\]|\\.)+")/gm;
  const around: { indent: number; name: string }[] = [];
  const names = new Set<string>();
  for (const [, spaces = "", kind, literal = ""] of readFileSync(path, "utf8").matchAll(call)) {
    const indent = spaces.length;
    while ((around.at(-1)?.indent ?? -1) >= indent) around.pop();
    const name = JSON.parse(literal) as string;
    if (kind === "describe") around.push({ indent, name });
    else names.add([...around.map((suite) => suite.name), name].join(" > "));
  }
  return names;
}

/** What a cell names: each file with the tests that are quoted behind it. */
const testsNamed = (cell: string) =>
  [...cell.matchAll(/\]\((\S+?)\)([^[]*)/g)].map(([, link = "", quoted = ""]) => ({
    path: join(dirname(DOCUMENT), link),
    names: [...quoted.matchAll(/“([^”]+)”/g)].map(([, name = ""]) => name),
  }));

const ROWS = [...TEXT.matchAll(/^\| (\d+) \| (.+) \| (.+) \| (.+) \|$/gm)].map(
  ([, number, , , cell = ""]) => ({ number: Number(number), named: testsNamed(cell) }),
);

test("every behaviour of Box has its row, in order", () => {
  expect(ROWS.map(({ number }) => number)).toEqual(Array.from({ length: 47 }, (_, at) => at + 1));
});

test.each(ROWS)("the tests that hold behaviour $number are there", ({ named }) => {
  expect(named.length).toBeGreaterThan(0);
  for (const { path, names } of named) {
    expect(names.length, path).toBeGreaterThan(0);
    const there = testsIn(path);
    expect(names.filter((name) => !there.has(name))).toEqual([]);
  }
});
