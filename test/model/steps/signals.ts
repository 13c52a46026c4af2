import * as fc from "../../support/dice.ts";
import type { Kind } from "../../../sandbox/box/calls.ts";
import type { Effect, Fault } from "../../../sandbox/box/faults.ts";
import type { RequestKind } from "../../../sandbox/gcs/requests.ts";
import { step } from "../step.ts";

const deliveries = fc
  .record({
    effect: fc.constantFrom<Effect>(
      { type: "drop" },
      { type: "double" },
      { type: "reorder" },
      { type: "delay", ms: 250 },
    ),
    times: fc.nat({ max: 5 }),
  })
  .map(({ effect, times }) =>
    step(`${effect.type} the next ${times + 1} deliveries`, async ({ house }) => {
      house.box.faults.arm({ kind: "delivery", times: times + 1, effect });
    }),
  );

const events = fc.constantFrom("double", "reverse", "odd").map((type) =>
  step(`the next page of events: ${type}`, async (scene) => {
    if (type === "odd") scene.oddEvents++;
    scene.house.box.faults.arm({ kind: "events", effect: { type } as Effect });
  }),
);

const lostEvents = fc.constant(
  step("lose the next page of events", async ({ house, weather }) => {
    if (weather.isSilent) house.box.faults.arm({ kind: "events", effect: { type: "drop" } });
  }),
);

const CONTENT: Kind[] = ["file", "file_versions", "folder", "folder_items", "content", "download"];
const KINDS: Kind[] = [...CONTENT, "events", "token", "webhooks"];

/** What Box's API does to those who call it on a bad day. */
const calls = fc
  .record({
    kind: fc.constantFrom(...KINDS),
    effect: fc.constantFrom<Effect>(
      { type: "status", status: 500 },
      { type: "status", status: 429, retryAfter: 1 },
      { type: "html" },
      { type: "reset" },
      { type: "cut", afterBytes: 3 },
      { type: "expired_token" },
    ),
  })
  .map(({ kind, effect }) =>
    step(`the next call ${kind}: ${effect.type}`, async ({ house }) => {
      house.box.faults.arm({ kind, effect });
    }),
  );

/** What a listing was to go on from is good no more. */
const forgottenMarker = fc.constant(
  step("the next marker is forgotten", async ({ house }) => {
    const path = /[?&]marker=/;
    house.box.faults.arm({ kind: "folder_items", path, effect: { type: "forget" } });
  }),
);

/** Bytes that are not there yet, or damaged on the way. */
const contents = fc
  .constantFrom<Fault>(
    { kind: "content", effect: { type: "not_ready", retryAfter: 1 } },
    { kind: "download", effect: { type: "flip" } },
  )
  .map((fault) =>
    step(`the next ${fault.effect.type} bytes`, async ({ house: { box } }) => {
      // Of one version four in a row would be given up.
      const isThere = box.faults.armed().some((armed) => armed.fault.effect === fault.effect);
      if (!isThere) box.faults.arm(fault);
    }),
  );

const BEFORE = ["return-503", "return-429", "return-403", "return-reset-connection"];
const AFTER = ["return-503-after-commit", "reset-after-commit"];
const INSTRUCTIONS = [...BEFORE, ...AFTER, "inject-upload-data-error"];

/** What Cloud Storage does on such a day: it refuses, or it creates the object and its answer is lost. */
const lake = fc
  .record({
    on: fc.constantFrom<RequestKind>("multipart", "multipart", "get"),
    instruction: fc.constantFrom(...INSTRUCTIONS),
    times: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ on, instruction, times }) =>
    step(`${instruction} on the next ${times} ${on} of the lake`, async ({ house }) => {
      house.gcs.faults.arm({ on, instruction, times });
    }),
  );

/** What may happen between Box and us. */
export const signalSteps = [
  { weight: 5, arbitrary: deliveries },
  { weight: 2, arbitrary: events },
  { weight: 1, arbitrary: lostEvents },
  { weight: 2, arbitrary: calls },
  { weight: 1, arbitrary: forgottenMarker },
];

/** What happens to bytes, there and on the way to the lake. */
export const rareFaults = [
  { weight: 1, arbitrary: contents },
  { weight: 2, arbitrary: lake },
];
