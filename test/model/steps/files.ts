import * as fc from "../../support/dice.ts";
import type { Ref } from "../../../sandbox/box/account.ts";
import { ROOT } from "../../../sandbox/box/items.ts";
import { Refusal } from "../../../sandbox/box/refusal.ts";
import { share } from "../readers.ts";
import type { Scene } from "../scene.ts";
import { type Step, step, which } from "../step.ts";
import { itemsOf, pick } from "../tree.ts";

/** Few names, so that they meet; two endings, so that masks have something to say. */
const fileName = fc.constantFrom("a.csv", "b.csv", "c.csv", "a.tmp", "b.tmp");
const folderName = fc.constantFrom("x", "y", "skip");
/** Few contents: the same bytes come back as other versions and in other files. */
const content = fc.constantFrom("one", "two", "three", "", "four ".repeat(2_000));
const file = ({ account }: Scene, number: number) => one(itemsOf(account, "file"), number);
const folder = ({ account }: Scene, number: number) => one(itemsOf(account, "folder"), number);
/** The people's own folders stay; everything below them may be moved, renamed and trashed. */
const loose = ({ account }: Scene, number: number) => {
  const below = itemsOf(account, "folder").filter(({ parentId }) => parentId !== ROOT);
  return one(below, number);
};

function one<T>(list: readonly T[], number: number): T {
  const found = pick(list, number);
  if (found === undefined) throw new Refusal(404, "not_found", "There is none left");
  return found;
}

const upload = fc
  .record({ into: which, name: fileName, bytes: content })
  .map(({ into, name, bytes }): Step =>
    step(`upload ${name} into folder ${into}`, (scene) => {
      const { id: parentId } = folder(scene, into);
      const upload = { parentId, name, bytes: scene.made(bytes) };
      return scene.account.upload(upload, scene.workerIn(parentId));
    }),
  );

const overwrite = fc
  .record({ number: which, saves: fc.array(content, { minLength: 1, maxLength: 4 }) })
  .map(({ number, saves }) =>
    step(`save file ${number} ${saves.length} times`, async (scene) => {
      const { id } = file(scene, number);
      for (const bytes of saves) {
        const saved = { fileId: id, bytes: scene.made(bytes) };
        await scene.account.uploadVersion(saved, scene.workerIn(id));
        scene.journal.observe();
      }
    }),
  );

/** A past version becomes current, goes to the trash, or comes back from there. */
const version = fc
  .record({
    number: which,
    past: which,
    deed: fc.constantFrom("promote", "trashVersion", "restoreVersion"),
  })
  .map(({ number, past, deed }) =>
    step(`${deed} past version ${past} of file ${number}`, async (scene) => {
      const { id } = file(scene, number);
      const chosen = one(scene.account.versions(id).slice(1), past);
      await scene.account[deed]({ fileId: id, versionId: chosen.id });
      const isTold = !scene.weather.isSilent && !scene.isAway;
      if (deed === "restoreVersion") scene.journal.cameBack(id, chosen.id, isTold);
    }),
  );

/** Often with another name at once, which is one event more. */
const moveFile = fc
  .record({ number: which, into: which, name: fc.option(fileName, { freq: 3 }) })
  .map(({ number, into, name }) =>
    step(`move file ${number} into folder ${into} as ${name ?? "it is called"}`, (scene) =>
      scene.account.change({
        ...refOf(file(scene, number)),
        parentId: folder(scene, into).id,
        name: name ?? undefined,
      }),
    ),
  );

/** Its current version, or an old one: either begins a history of its own. */
const copyFile = fc
  .record({ number: which, into: which, name: fileName, past: fc.option(which) })
  .map(({ number, into, name, past }) =>
    step(`copy ${past ?? "current"} of file ${number} into folder ${into} as ${name}`, (scene) => {
      const { id, type } = file(scene, number);
      return scene.account.copy({
        id,
        type,
        parentId: folder(scene, into).id,
        name,
        version: past === null ? undefined : one(scene.account.versions(id), past).id,
      });
    }),
  );

const renameFile = fc
  .record({ number: which, name: fileName })
  .map(({ number, name }) =>
    step(`rename file ${number} to ${name}`, (scene) =>
      scene.account.rename(file(scene, number), name),
    ),
  );

const createFolder = fc
  .record({ into: which, name: folderName })
  .map(({ into, name }) =>
    step(`create ${name} in folder ${into}`, (scene) =>
      scene.account.createFolder({ parentId: folder(scene, into).id, name }),
    ),
  );

const moveFolder = fc
  .record({ number: which, into: which })
  .map(({ number, into }) =>
    step(`move folder ${number} into folder ${into}`, (scene) =>
      scene.account.move(loose(scene, number), folder(scene, into).id),
    ),
  );

const copyFolder = fc
  .record({ number: which, into: which, name: folderName })
  .map(({ number, into, name }) =>
    step(`copy folder ${number} into folder ${into} as ${name}`, (scene) =>
      scene.account.copy({
        ...refOf(folder(scene, number)),
        parentId: folder(scene, into).id,
        name,
      }),
    ),
  );

const renameFolder = fc
  .record({ number: which, name: folderName })
  .map(({ number, name }) =>
    step(`rename folder ${number} to ${name}`, (scene) =>
      scene.account.rename(loose(scene, number), name),
    ),
  );

const trash = fc.record({ number: which, isFolder: fc.boolean() }).map(({ number, isFolder }) =>
  step(`trash ${isFolder ? "folder" : "file"} ${number}`, async (scene) => {
    const chosen = (isFolder ? folder : file)(scene, number);
    if (!chosen) return;
    await scene.account.trash(chosen);
    scene.trashed.push(refOf(chosen));
  }),
);

/** To where it was, or where that is gone to another folder. */
const restore = fc.record({ number: which, else: which }).map(({ number, else: elsewhere }) =>
  step(`restore ${number} of the trash, else into folder ${elsewhere}`, async (scene) => {
    const chosen = one(scene.trashed, number);
    await scene.account.restore(chosen, { parentId: folder(scene, elsewhere).id });
    scene.trashed.splice(scene.trashed.indexOf(chosen), 1);
  }),
);

const deleteForever = which.map((number) =>
  step(`delete ${number} of the trash for ever`, async (scene) => {
    const chosen = one(scene.trashed, number);
    await scene.account.deleteForever(chosen);
    scene.trashed.splice(scene.trashed.indexOf(chosen), 1);
  }),
);

/** Takes a folder away from an account, or gives it back. */
const toggleShare = which.map((number) =>
  step(`share ${number}, or no more`, async (scene) => {
    if (!scene.weather.isSilent) return;
    const chosen = one(scene.shares, number);
    if (chosen.collaboration) await scene.account.endCollaboration(chosen.collaboration);
    chosen.collaboration = chosen.collaboration
      ? undefined
      : await share(scene.house, chosen.folder, chosen.userId);
  }),
);

const refOf = ({ id, type }: Ref): Ref => ({ id, type });

/** What people do in Box, the most common the most often. */
export const boxSteps = [
  { weight: 6, arbitrary: upload },
  { weight: 6, arbitrary: overwrite },
  { weight: 3, arbitrary: version },
  { weight: 5, arbitrary: moveFile },
  { weight: 2, arbitrary: copyFile },
  { weight: 3, arbitrary: renameFile },
  { weight: 2, arbitrary: createFolder },
  { weight: 4, arbitrary: moveFolder },
  { weight: 3, arbitrary: copyFolder },
  { weight: 2, arbitrary: renameFolder },
  { weight: 2, arbitrary: trash },
  { weight: 3, arbitrary: restore },
  { weight: 1, arbitrary: deleteForever },
  { weight: 1, arbitrary: toggleShare },
];
