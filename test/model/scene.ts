import { createHash } from "node:crypto";
import { sql } from "drizzle-orm";
import type { Account, Ref } from "../../sandbox/box/account.ts";
import type { Fault } from "../../sandbox/box/faults.ts";
import { rows } from "../../src/db/open.ts";
import { type House, openHouse } from "../support/house.ts";
import { toRequest } from "./asks.ts";
import { createJournal, type Journal, type Wanted } from "./journal.ts";
import { PLACES } from "./names.ts";
import { linkReader, type Reader, share, type Sharing, workerIn } from "./readers.ts";
import { createRunning, type Running } from "./running.ts";
import { plant } from "./tree.ts";
import type { Weather } from "./weather.ts";

/** A Box with some people's folders, a whole service that reads it, and the model beside them. */
export interface Scene {
  house: House;
  account: Account;
  journal: Journal;
  weather: Weather;
  running: Running;
  readers: Reader[];
  /** What is shared with those who do not see the whole tree, or was. */
  shares: Sharing[];
  /** What is in the trash, in the order in which it went there. */
  trashed: Ref[];
  /** For longer than Box keeps events the service did not run; what happened since the last rest is not told. */
  isAway: boolean;
  /** How many objects each deleted source had at the first rest after that. */
  left: Map<string, number>;
  /** Pages of events that nobody can read in whole. */
  oddEvents: number;
  /** The MD5 of all bytes that anybody uploaded, by their SHA-1. */
  bytes: Map<string, string>;
  /** Remembers what these bytes are, and answers them. */
  made(bytes: string): string;
  /** Who works there: undefined for the tree's owner. */
  workerIn(id: string): string | undefined;
  start(): Promise<void>;
  /** Ends whatever was to go wrong next. */
  calm(): void;
  register(wanted: Wanted): Promise<void>;
  close(): Promise<void>;
}

/** Deliveries that fail are tried twice more and are then lost, as Box's are after two hours. */
const RETRIES_MS = [100, 300];

const DAY_MS = 86_400_000;

export async function openScene(weather: Weather): Promise<Scene> {
  let boxIsBackMs = 0;
  const house = await openHouse({ roles: [], now: () => Date.now() - boxIsBackMs });
  const { box } = house;
  const { account } = box;
  const { subjects, workers, copiedAtOnce, isSilent, isDeaf, ...rest } = weather;
  const { first, naming, place, ...settings } = rest;
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
  const outsider = account.outsider("Partner");
  const tree = await plant(account, outsider.id, made, (days) => {
    boxIsBackMs = days * DAY_MS;
  });
  const boxUsers = {
    enterprise: box.ccg.serviceUserId,
    user: box.ccg.userId,
    outsider: outsider.id,
  };
  const shares: Sharing[] = [];
  for (const userId of subjects.filter((one) => one !== "enterprise").map((one) => boxUsers[one])) {
    for (const folder of [tree.lab, tree.side])
      shares.push({ folder, userId, collaboration: await share(house, folder, userId) });
    shares.push({ folder: tree.away, userId, collaboration: undefined });
  }

  const running = createRunning(house, workers);
  await running.start();
  const readers: Reader[] = [];
  for (const [nth, subject] of subjects.entries()) {
    const reader = { subject, boxUserId: boxUsers[subject], paused: false, ended: false };
    readers.push(await linkReader(house, reader, `Account ${nth + 1}`));
  }
  const journal = createJournal(account, isSilent);
  const scene: Scene = {
    house,
    account,
    journal,
    weather,
    running,
    readers,
    shares,
    trashed: [],
    isAway: false,
    left: new Map(),
    oddEvents: 0,
    bytes,
    made,
    workerIn: (id) => workerIn(account, id, tree.partner, outsider.id),
    async start() {
      if (scene.isAway) for (const fault of await forgotten(house)) box.faults.arm(fault);
      await running.start();
    },
    calm() {
      for (const armed of box.faults.armed()) if (armed.fault !== deafness) armed.disarm();
      box.faults.settings.appAuthorised = true;
      house.gcs.faults.clear();
    },
    async register(wanted) {
      const { reader, folderId, naming, place, asks } = wanted;
      const name = freeName(journal);
      const { id, slug } = await house.addSource(reader.id, folderId, {
        name,
        nameTemplate: naming === "usual" ? null : naming,
        ...(place === "its own" ? PLACES[place] : {}),
        ...toRequest(asks),
      });
      journal.register({ ...wanted, id, slug, name });
    },
    async close() {
      await running.close();
      await house.close();
    },
  };
  const [reader] = readers;
  if (!reader) throw new Error("bug: no account");
  await scene.register({ reader, folderId: tree.inbox.id, naming, place, asks: first });
  return scene;
}

/** The name of one that was deleted is taken again, and must not give its slug. */
function freeName({ living }: Journal): string {
  const taken = new Set(living().map(({ name }) => name));
  let number = 1;
  while (taken.has(`Source ${number}`)) number++;
  return `Source ${number}`;
}

/** What Box told before is told no more: the page that follows each position which is kept. */
async function forgotten({ db }: House): Promise<Fault[]> {
  const kept = await rows<{ position: string }>(db, sql`select position from positions`);
  return kept.map(({ position }) => ({
    kind: "events",
    path: new RegExp(`stream_position=${position}(&|$)`),
    effect: { type: "drop" },
  }));
}
