import { createHash } from "node:crypto";
import type { Account, Ref } from "../../sandbox/box/account.ts";
import type { Fault } from "../../sandbox/box/faults.ts";
import { type Item, ROOT } from "../../sandbox/box/items.ts";
import type { Service } from "../../src/service.ts";
import { type House, openHouse } from "../support/house.ts";
import { type Asks, toRequest } from "./asks.ts";
import { createJournal, type Journal } from "./journal.ts";
import type { Naming } from "./names.ts";

/** How this run's Box behaves where its documents leave it open or a plan decides, and who reads it. */
export interface Weather {
  /** `enterprise`: the service account, which sees the whole tree; `user`: a viewer of two folders. */
  subject: "enterprise" | "user";
  userEventsShowNow: boolean;
  shortPages: boolean;
  positionsAsText: boolean;
  /** Past versions that the plan keeps. */
  keptVersions: number;
  /** A folder of more items is copied after the copy was answered. */
  copiedAtOnce: number;
  /** No delivery ever arrives. */
  isDeaf: boolean;
  /**
   * Things happen that no signal tells of: events get lost, folders are taken away from the account and given
   * back. Then a sweep is made before the lake is compared.
   */
  isSilent: boolean;
  /** What the first source asks for. */
  first: Asks;
  naming: Naming;
}

/** A Box with some people's folders, a whole service that reads it, and the model beside them. */
export interface Scene {
  house: House;
  account: Account;
  journal: Journal;
  /** Longshore's id of the account, and Box's of who it speaks for. */
  accountId: string;
  boxUserId: string;
  weather: Weather;
  /** The folders that are shared with the account, and by which collaboration; enterprise sees all. */
  shares: { folder: Ref; collaboration: string | undefined }[];
  /** What is in the trash, in the order in which it went there. */
  trashed: Ref[];
  service: Service | undefined;
  /** For longer than Box keeps events the service did not run; what happened since the last rest is not told. */
  isAway: boolean;
  start(): Promise<void>;
  /** The account is paused. */
  isPaused: boolean;
  /** How many objects each deleted source had at the first rest after that. */
  left: Map<string, number>;
  /** Pages of events that nobody can read in whole. */
  oddEvents: number;
  /** The MD5 of all bytes that anybody uploaded, by their SHA-1. */
  bytes: Map<string, string>;
  /** Remembers what these bytes are, and answers them. */
  made(bytes: string): string;
  /** Ends whatever was to go wrong next. */
  calm(): void;
  register(folderId: string, asks: Asks, naming: Naming): Promise<void>;
  close(): Promise<void>;
}

/** Deliveries that fail are tried twice more and are then lost, as Box's are after two hours. */
const RETRIES_MS = [100, 300];

/** What Box told before is told no more: the first page after a position. */
const FORGOTTEN: Fault = {
  kind: "events",
  path: (path) => !path.includes("stream_position=now"),
  effect: { type: "drop" },
};

export async function openScene(weather: Weather): Promise<Scene> {
  const house = await openHouse({ roles: [] });
  const { box } = house;
  const { account } = box;
  const { subject, copiedAtOnce, isSilent, isDeaf, first, naming, ...settings } = weather;
  Object.assign(box.faults.settings, {
    ...settings,
    copying: { atOnce: copiedAtOnce, pauseMs: 150 },
    retryScheduleMs: RETRIES_MS,
  });
  const deafness: Fault = { kind: "delivery", times: 1_000_000, effect: { type: "drop" } };
  if (isDeaf) box.faults.arm(deafness);
  const bytes = new Map<string, string>();
  const hash = (algorithm: string, text: string) => createHash(algorithm).update(text);
  const made = (text: string) => {
    bytes.set(hash("sha1", text).digest("hex"), hash("md5", text).digest("base64"));
    return text;
  };
  const lab = await account.createFolder({ parentId: ROOT, name: "lab" });
  const side = await account.createFolder({ parentId: ROOT, name: "side" });
  const away = await account.createFolder({ parentId: ROOT, name: "away" });
  const team = await account.createFolder({ parentId: lab.id, name: "team" });
  const inbox = await account.createFolder({ parentId: team.id, name: "inbox" });
  const run = await account.createFolder({ parentId: inbox.id, name: "run" });
  const study = await account.createFolder({ parentId: away.id, name: "study" });
  for (const [parentId, name] of [
    [inbox.id, "a.csv"],
    [inbox.id, "b.tmp"],
    [run.id, "a.csv"],
    [study.id, "b.csv"],
    [study.id, "c.csv"],
  ] as const) {
    const { file } = await account.upload({ parentId, name, bytes: made(`first ${name}`) });
    await account.uploadVersion({ fileId: file.id, bytes: made("second") });
  }

  const boxUserId = subject === "user" ? box.ccg.userId : box.ccg.serviceUserId;
  const shares: Scene["shares"] = [];
  if (subject === "user") {
    for (const folder of [lab, side])
      shares.push({ folder, collaboration: await share(house, folder) });
    shares.push({ folder: away, collaboration: undefined });
  }
  const service = await house.start("web", "worker");
  const { id: accountId } = await house.linkAccount("Lab", subject);
  const journal = createJournal(account, boxUserId, isSilent);
  const scene: Scene = {
    house,
    account,
    journal,
    accountId,
    boxUserId,
    weather,
    shares,
    trashed: [],
    service,
    isAway: false,
    async start() {
      if (scene.isAway) box.faults.arm(FORGOTTEN);
      scene.service = await house.start("web", "worker");
    },
    isPaused: false,
    left: new Map(),
    oddEvents: 0,
    bytes,
    made,
    calm() {
      for (const armed of box.faults.armed()) if (armed.fault !== deafness) armed.disarm();
      box.faults.settings.appAuthorised = true;
      house.gcs.faults.clear();
    },
    async register(folderId, asks, naming) {
      // The name of one that was deleted is taken again, and must not give its slug.
      const name = `Source ${journal.living().length + 1}`;
      const nameTemplate = naming === "usual" ? null : naming;
      const source = { name, nameTemplate, ...toRequest(asks) };
      const { id, slug } = await house.addSource(accountId, folderId, source);
      journal.register({ id, slug, folderId, naming, asks });
    },
    close: () => house.close(),
  };
  await scene.register(inbox.id, first, naming);
  return scene;
}

/** Lets the account's user look at a folder; answers the collaboration's id. */
export async function share({ box }: House, folder: Ref): Promise<string> {
  const { type, id } = folder;
  const made = await box.account.collaborate({ type, id, userId: box.ccg.userId, role: "viewer" });
  return String(made["id"]);
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
