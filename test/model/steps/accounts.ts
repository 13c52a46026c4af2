import * as fc from "../../support/dice.ts";
import { credentialsOf, type Reader } from "../readers.ts";
import type { Scene } from "../scene.ts";
import { step, unlessBoxFails, up, which } from "../step.ts";
import { pick } from "../tree.ts";

/** A step about one of the accounts that were not deleted. */
const withAccount = (deed: string, act: (scene: Scene, reader: Reader) => Promise<unknown>) =>
  which.map((number) =>
    up(`${deed} account ${number}`, async (scene) => {
      const reader = pick(
        scene.readers.filter(({ ended }) => !ended),
        number,
      );
      if (reader) await act(scene, reader);
    }),
  );

const togglePause = withAccount("pause or resume", async ({ house }, reader) => {
  reader.paused = !reader.paused;
  await house.api("POST", `/api/accounts/${reader.id}/${reader.paused ? "pause" : "resume"}`);
});

const relink = withAccount("give new credentials to", ({ house }, reader) => {
  const auth = credentialsOf(house, reader);
  return unlessBoxFails(() => house.api("PUT", `/api/accounts/${reader.id}/credentials`, { auth }));
});

/** Never the last one, without which nothing would happen any more. */
const remove = withAccount("delete", async ({ house, journal, readers }, reader) => {
  if (readers.filter(({ ended }) => !ended).length === 1) return;
  await house.api("DELETE", `/api/accounts/${reader.id}`);
  reader.ended = true;
  reader.paused = false;
  journal.end(reader);
});

/** The admin's authorisation of the application, without which Box refuses all that is asked of it. */
const toggleAuthorisation = fc.constant(
  step("take the authorisation away, or give it back", async ({ house: { box } }) => {
    const { settings } = box.faults;
    settings.appAuthorised = !settings.appAuthorised;
  }),
);

/** What operators and administrators do with accounts, seldom. */
export const accountSteps = [
  { weight: 1, arbitrary: togglePause },
  { weight: 1, arbitrary: relink },
  { weight: 1, arbitrary: remove },
  { weight: 1, arbitrary: toggleAuthorisation },
];
