import type { Account, Ref } from "../../sandbox/box/account.ts";
import { type Item, ROOT } from "../../sandbox/box/items.ts";
import { AGES } from "./asks.ts";

/** The folders that stand in Box when a run begins. */
export interface Tree {
  /** At the top; only their owners share them. */
  lab: Ref;
  side: Ref;
  away: Ref;
  /** Of somebody of another enterprise. */
  partner: Ref;
  inbox: Ref;
}

/** Plants some people's folders, with files of two versions that are older than any limit, or than some. */
export async function plant(
  account: Account,
  outsiderId: string,
  made: (bytes: string) => string,
  daysAgo: (days: number) => void,
): Promise<Tree> {
  const lab = await account.createFolder({ parentId: ROOT, name: "lab" });
  const side = await account.createFolder({ parentId: ROOT, name: "side" });
  const away = await account.createFolder({ parentId: ROOT, name: "away" });
  const partner = await account.createFolder({ parentId: ROOT, name: "partner" }, outsiderId);
  const team = await account.createFolder({ parentId: lab.id, name: "team" });
  const inbox = await account.createFolder({ parentId: team.id, name: "inbox" });
  const run = await account.createFolder({ parentId: inbox.id, name: "run" });
  const study = await account.createFolder({ parentId: away.id, name: "study" });
  const files = [
    [inbox, "a.csv"],
    [inbox, "b.tmp"],
    [run, "a.csv"],
    [study, "b.csv"],
    [study, "c.csv"],
    [partner, "a.csv", outsiderId],
  ] as const;
  for (const [folder, name, by] of files) {
    daysAgo(AGES[0]);
    const first = { parentId: folder.id, name, bytes: made(`first ${name}`) };
    const { file } = await account.upload(first, by);
    daysAgo(AGES[1]);
    await account.uploadVersion({ fileId: file.id, bytes: made("second") }, by);
  }
  daysAgo(0);
  return { lab, side, away, partner, inbox };
}

/** Everything in the tree, folders before what is in them, in an order that every run repeats. */
export function itemsOf(account: Account, type: Item["type"]): Item[] {
  const found: Item[] = [];
  const open = [ROOT];
  for (const id of open)
    for (const item of account.list(id)) {
      found.push(item);
      if (item.type === "folder") open.push(item.id);
    }
  return found.filter((item) => item.type === type);
}

/** The one that a number stands for. */
export const pick = <T>(list: readonly T[], number: number): T | undefined =>
  list[number % list.length];
