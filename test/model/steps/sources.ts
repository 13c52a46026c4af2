import * as fc from "../../support/dice.ts";
import { type Ref } from "../../../sandbox/box/account.ts";
import { ROOT } from "../../../sandbox/box/items.ts";
import { asks, edit, inWords, toRequest } from "../asks.ts";
import { naming, place } from "../names.ts";
import { pick, itemsOf } from "../tree.ts";
import { unlessBoxFails, up, which } from "../step.ts";

/** More would only be slow. */
const MOST_SOURCES = 4;

const EVERYTHING: Ref = { id: ROOT, type: "folder" };

const register = fc
  .record({ who: which, number: which, asks, naming, place })
  .map(({ who, number, asks, naming, place }) =>
    up(
      `account ${who} registers folder ${number} for ${inWords(asks)}, named ${naming}, in ${place} place`,
      async (scene) => {
        const { account, journal, readers } = scene;
        const reader = pick(
          readers.filter(({ ended }) => !ended),
          who,
        );
        const chosen = pick([EVERYTHING, ...itemsOf(account, "folder")], number);
        if (!reader || !chosen || journal.living().length >= MOST_SOURCES) return;
        if (!account.sees(reader.boxUserId, chosen)) return;
        const wanted = { reader, folderId: chosen.id, naming, place, asks };
        await unlessBoxFails(() => scene.register(wanted));
      },
    ),
  );

const editSource = fc.record({ number: which, edit }).map(({ number, edit }) =>
  up(`source ${number} now asks for ${inWords(edit)}`, async ({ house, journal }) => {
    const source = pick(journal.living(), number);
    if (!source) return;
    await house.api("PATCH", `/api/sources/${source.id}`, toRequest(edit));
    journal.edit(source, edit);
  }),
);

const togglePause = which.map((number) =>
  up(`pause or resume source ${number}`, async ({ house, journal }) => {
    const source = pick(journal.living(), number);
    if (!source) return;
    source.paused = !source.paused;
    await house.api("POST", `/api/sources/${source.id}/${source.paused ? "pause" : "resume"}`);
  }),
);

const remove = which.map((number) =>
  up(`delete source ${number}`, async ({ house, journal }) => {
    const source = pick(journal.living(), number);
    if (!source) return;
    await house.api("DELETE", `/api/sources/${source.id}`);
    journal.end(source);
  }),
);

/** What may be asked for again though nothing is missing; then nothing comes of it. */
const AGAIN: Record<string, (sourceId: string) => [path: string, body?: object]> = {
  "backfill again": (id) => [`/api/sources/${id}/backfills`],
  "compare in full": (id) => [`/api/sources/${id}/sweeps`],
  "replay what is stored of": (id) => ["/api/replays", { sourceId: id, state: "stored" }],
  "replay what was given up of": (id) => ["/api/replays", { sourceId: id }],
};

const again = fc
  .record({ number: which, deed: fc.constantFrom(...Object.entries(AGAIN)) })
  .map(({ number, deed: [words, asks] }) =>
    up(`${words} source ${number}`, async ({ house, journal }) => {
      const source = pick(journal.living(), number);
      if (source) await house.api("POST", ...asks(source.id));
    }),
  );

/** What operators do with sources. */
export const sourceSteps = [
  { weight: 3, arbitrary: register },
  { weight: 3, arbitrary: editSource },
  { weight: 1, arbitrary: togglePause },
  { weight: 1, arbitrary: remove },
];

/** And what they seldom do. */
export const rareSourceSteps = [{ weight: 2, arbitrary: again }];
