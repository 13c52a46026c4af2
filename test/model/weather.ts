import * as fc from "../support/dice.ts";
import { ALL, type Asks, asks } from "./asks.ts";
import { type Naming, naming, type PlaceName, place } from "./names.ts";
import type { Subject } from "./readers.ts";

/** How this run's Box behaves where its documents leave it open or a plan decides, and who reads it. */
export interface Weather {
  /** The accounts, in the order in which they are linked. */
  subjects: readonly Subject[];
  userEventsShowNow: boolean;
  shortPages: boolean;
  positionsAsText: boolean;
  /** Of a folder's listing. */
  rowsAPage: number;
  /** Past versions that the plan keeps. */
  keptVersions: number;
  /** A folder of more items is copied after the copy was answered. */
  copiedAtOnce: number;
  /** How many workers share the work. */
  workers: number;
  /** No delivery ever arrives. */
  isDeaf: boolean;
  /**
   * Things happen that no signal tells of: events get lost, folders are taken away from the account and given
   * back. Then a sweep is made before the lake is compared.
   */
  isSilent: boolean;
  /** What the first source asks for, what it calls its objects, and where it keeps them. */
  first: Asks;
  naming: Naming;
  place: PlaceName;
}

/** One account, two of one enterprise (with one identity in Box, or two), or two of two enterprises. */
const subjects = fc.constantFrom<readonly Subject[]>(
  ["enterprise"],
  ["user"],
  ["enterprise", "enterprise"],
  ["enterprise", "user"],
  ["enterprise", "outsider"],
  ["user", "outsider"],
);

export const weather: fc.Arbitrary<Weather> = fc.record({
  subjects,
  userEventsShowNow: fc.boolean(),
  shortPages: fc.boolean(),
  positionsAsText: fc.boolean(),
  rowsAPage: fc.constantFrom(1000, 2),
  keptVersions: fc.constantFrom(100, 100, 2),
  copiedAtOnce: fc.constantFrom(500, 1),
  workers: fc.constantFrom(1, 2),
  isDeaf: fc.boolean(),
  isSilent: fc.boolean(),
  first: fc.oneof({ weight: 2, arbitrary: fc.constant(ALL) }, asks),
  naming,
  place,
});
