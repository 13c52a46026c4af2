import { expect, test } from "vitest";
import { contentTypeOf } from "../../src/core/content-type.ts";

test.each([
  ["report.pdf", "application/pdf"],
  ["PLATE 7.CSV", "text/csv"],
  ["page.html", "text/html"],
  ["run.fastq", "application/octet-stream"],
  ["no ending", "application/octet-stream"],
  [".pdf.", "application/octet-stream"],
])("the name %j promises %s", (name, type) => {
  expect(contentTypeOf(name)).toBe(type);
});
