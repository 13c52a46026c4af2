import { readFileSync } from "node:fs";

/** A payload in the shape of Box's documents and of captures in public repositories; all invented. */
export function fixtureBytes(name: string): Uint8Array {
  return readFileSync(new URL(`../fixtures/box/${name}.json`, import.meta.url));
}

export function fixtureText(name: string): string {
  return Buffer.from(fixtureBytes(name)).toString();
}
