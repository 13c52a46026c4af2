import * as fc from "../support/dice.ts";
import { describe, expect, test } from "vitest";
import { compilePathTemplate, faultOfPathTemplate } from "../../src/core/path-template.ts";

const read = (template: string, path: string) =>
  compilePathTemplate(template).read(path === "" ? [] : path.split("/"));

describe("a path template", () => {
  test.each([
    ["{study}/{project}/**", "S1/P2", { study: "S1", project: "P2" }],
    ["{study}/{project}/**", "S1/P2/raw/1", { study: "S1", project: "P2" }],
    ["{study}", "S1", { study: "S1" }],
    ["**/{run}", "a/b/R7", { run: "R7" }],
    ["**/{run}", "R7", { run: "R7" }],
    ["{study}/**/{run}", "S1/R7", { study: "S1", run: "R7" }],
    ["*/{study}", "any/S1", { study: "S1" }],
    [
      "study-{study}/run {run} of {day}",
      "STUDY-a-b/Run 7 of 12",
      { study: "a-b", run: "7", day: "12" },
    ],
    ["{a}-{b}", "x-y-z", { a: "x", b: "y-z" }],
    ["raw/{x}.{y}", "RAW/ü.1.2", { x: "ü", y: "1.2" }],
    ["(v1)/{x}", "(v1)/+", { x: "+" }],
  ])("%s reads %s as %j", (template, path, fields) => {
    expect(read(template, path)).toEqual({ fields, misfit: undefined });
  });

  test.each([
    ["{study}/{project}/**", "S1", { study: "S1" }, /lies 1 deep.*wants 2 or more/],
    ["{study}/{project}/**", "", {}, /lies 0 deep/],
    ["{study}", "S1/P2", { study: "S1" }, /lies 2 deep.*wants 1$/],
    ["study-{study}/{run}", "S1/R7", { run: "R7" }, /"S1" is not like study-\{study\}/],
    ["{study}/**/run-{run}", "S1/other", { study: "S1" }, /"other" is not like/],
    ["{study}/**/{run}", "S1", { study: "S1" }, /lies 1 deep/],
    ["study-{study}", "study-", {}, /is not like/],
  ])("%s does not fit %s, and keeps what it could read: %j", (template, path, fields, misfit) => {
    expect(read(template, path)).toEqual({ fields, misfit: expect.stringMatching(misfit) });
  });

  test("a value that the organisation does not allow is read, and does not fit", () => {
    const allowed = new Map([["site", ["Basel", "Bonn"]]]);
    const template = compilePathTemplate("{site}/{run}", allowed);
    expect(template.read(["Bonn", "R7"]).misfit).toBeUndefined();
    expect(template.read(["bonn", "R7"])).toEqual({
      fields: { site: "bonn", run: "R7" },
      misfit: expect.stringMatching(/^"bonn" is not a value .* \{site\}$/),
    });
  });

  const name = fc.oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.string({ unit: fc.constantFrom("-", "_", "a", "S", "\ud800", "\n", "$&"), maxLength: 255 }),
    fc.constantFrom("__proto__", "constructor", "..", ""),
  );

  test("answers for any folders, and says of everything that it could not read why", () => {
    const templates = ["{a}/{b}/**", "**/{a}-{b}-{c}x", "{a}/**/{b}", "x{a}"].map((text) =>
      compilePathTemplate(text),
    );
    fc.assert(
      fc.property(fc.array(name, { maxLength: 6 }), (folders) => {
        for (const template of templates) {
          const { fields, misfit } = template.read(folders);
          const missing = template.fields.filter((field) => !Object.hasOwn(fields, field));
          if (misfit === undefined) expect(missing).toEqual([]);
          for (const value of Object.values(fields)) expect(value).not.toBe("");
          expect((misfit ?? "").length).toBeLessThan(300);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("reads back what folders were named after", () => {
    const value = fc
      .string({ unit: "grapheme", minLength: 1 })
      .filter((text) => !text.includes("~"));
    const template = compilePathTemplate("s-{a}/{b}~{c}/**");
    fc.assert(
      fc.property(value, value, value, fc.array(name), (a, b, c, below) => {
        expect(template.read([`S-${a}`, `${b}~${c}`, ...below])).toEqual({
          fields: { a, b, c },
          misfit: undefined,
        });
      }),
    );
  });

  test("divides a hostile name in no time", () => {
    const template = compilePathTemplate("{a}-{b}-{c}x");
    expect(template.read(["-".repeat(255)]).misfit).toBeDefined();
  });
});

describe("the fault of a path template", () => {
  test.each([
    ["", /empty/],
    ["  ", /empty/],
    ["x".repeat(501), /longer/],
    ["{a}\n", /control/],
    ["/{a}", /slash/],
    ["{a}/", /slash/],
    ["{a}//{b}", /slash/],
    ["{a}/**/**", /twice/],
    ["{a}/{A b}", /\{A b\}.*no name/],
    ["{}", /no name/],
    ["{__proto__}", /no name/],
    ["{a", /brace/],
    ["a}/{b}", /brace/],
    ["{a}*", /asterisk/],
    ["a**/{b}", /asterisk/],
    ["{a}{b}", /side by side/],
    ["{a}-{b}-{c}-{d}", /more than 3/],
    ["{a}/{a}", /twice/],
    ["raw/**", /no field/],
    [Array.from({ length: 21 }, (_, at) => `{f${at}}`).join("/"), /more than 20/],
    ["{a}\ud800", /half/],
  ])("of %j is told", (template, fault) => {
    expect(faultOfPathTemplate(template)).toMatch(fault);
  });

  test("is told of every text that could not be compiled", () => {
    const odd = fc.string({
      unit: fc.constantFrom(...Array.from("()[]\\^$+?|é. -")),
      maxLength: 3,
    });
    const folder = fc
      .tuple(odd, fc.constantFrom("{a}", "{b}", "*", "**", ""), odd)
      .map((all) => all.join(""));
    const text = fc.array(folder, { minLength: 1, maxLength: 3 }).map((all) => all.join("/"));
    fc.assert(
      fc.property(text, fc.array(text), (template, folders) => {
        fc.pre(faultOfPathTemplate(template) === undefined);
        expect(compilePathTemplate(template).read(folders)).toBeDefined();
      }),
      { numRuns: 500 },
    );
  });
});
