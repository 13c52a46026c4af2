import * as fc from "../support/dice.ts";
import { describe, expect, it } from "vitest";
import { parseJson } from "../../src/box/json.ts";

/** JSON text, and what is to be read of it. */
interface Written {
  text: string;
  read: unknown;
}

const space = fc.constantFrom("", " ", "\n", "\t ", "\r\n");

const written = fc.letrec<{ value: Written }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }).map(ofInteger),
    fc.integer().map((n) => ofInteger(BigInt(n))),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .map((n) => JSON.stringify(n))
      .filter((text) => !/^-?\d+$/.test(text))
      .map((text) => ({ text, read: Number(text) })),
    fc
      .oneof(fc.string(), fc.stringMatching(/^[\d:,[ -]{10,40}$/))
      .map((read) => ({ text: JSON.stringify(read), read })),
    fc.constantFrom(null, true, false).map((read) => ({ text: String(read), read })),
    fc.tuple(fc.array(tie("value"), { maxLength: 4 }), space).map(([items, gap]) => ({
      text: `[${items.map(({ text }) => gap + text + gap).join(",")}]`,
      read: items.map(({ read }) => read),
    })),
    fc
      .tuple(fc.dictionary(fc.stringMatching(/^[a-z\d]{1,20}$/), tie("value")), space)
      .map(([fields, gap]) => {
        const pairs = Object.entries(fields);
        return {
          text: `{${pairs.map(([key, { text }]) => `${JSON.stringify(key)}:${gap}${text}${gap}`).join(",")}}`,
          read: Object.fromEntries(pairs.map(([key, { read }]) => [key, read])),
        };
      }),
  ),
})).value;

/** Exact as a number, or else its digits. */
function ofInteger(n: bigint): Written {
  const isExact = Number.isSafeInteger(Number(n));
  return { text: String(n), read: isExact ? Number(n) : String(n) };
}

describe("Box's JSON", () => {
  it("is read without rounding any integer, wherever it stands, in short texts and in long ones", () => {
    fc.assert(
      fc.property(
        written,
        space,
        fc.constantFrom("", " ".repeat(10_000)),
        (value, gap, padding) => {
          const text = gap + value.text + padding;
          expect(parseJson(text)).toEqual(value.read);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it.each([
    "9007199254740993",
    "-9007199254740993",
    "[1,\n9007199254740993]",
    '{"a":\t9007199254740993}',
  ])("keeps the digits of %j", (text) => {
    expect(JSON.stringify(parseJson(text))).toMatch(/"-?9007199254740993"/);
  });

  it.each(["", "{", "<html>", "[1,]", "01", "1 2"])("refuses %j", (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  it("refuses what no stack holds, and gives nothing that could not be written again", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    expect(() => parseJson(nested(200_000))).toThrow(RangeError);
    expect(JSON.stringify(parseJson(nested(4096)))).toBe(nested(4096));
  });
});
