import * as fc from "fast-check";
import type { Effect } from "../../../sandbox/box/faults.ts";
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

/** What Box's API does to those who call it on a bad day. */
const calls = fc
  .record({
    kind: fc.constantFrom("file", "file_versions", "folder", "folder_items", "content", "download"),
    effect: fc.constantFrom<Effect>(
      { type: "status", status: 500 },
      { type: "status", status: 429, retryAfter: 1 },
      { type: "html" },
      { type: "reset" },
    ),
  })
  .map(({ kind, effect }) =>
    step(`the next call ${kind}: ${effect.type}`, async ({ house }) => {
      house.box.faults.arm({ kind: kind as "file", effect });
    }),
  );

/** What may happen between Box and us. */
export const signalSteps = [
  { weight: 5, arbitrary: deliveries },
  { weight: 2, arbitrary: events },
  { weight: 1, arbitrary: lostEvents },
  { weight: 1, arbitrary: calls },
];
