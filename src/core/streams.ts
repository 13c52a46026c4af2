import type { AccountId } from "./ids.ts";

/** `changes` is a user's own feed; `admin_logs_streaming` the whole enterprise's. */
export type EventStream = "changes" | "admin_logs_streaming";

/** What decides which event streams are read, and by whom. */
export interface AccountStreams {
  accountId: AccountId;
  /** Absent for a personal account, which shares no stream. */
  enterpriseId: string | undefined;
  state: "linked" | "needs_relogin" | "paused" | "deleted";
  /** The stream that was chosen for it. */
  stream: EventStream;
  /** It has a source that is not deleted. */
  hasSources: boolean;
  /** One of them is of a folder that belongs to another enterprise, or Box has not said. */
  hasForeign: boolean;
  /** The streams that it has a position of. */
  positions: { stream: EventStream; readAt: Date }[];
}

/** One stream as one account reads it. */
export interface StreamReading {
  accountId: AccountId;
  stream: EventStream;
}

export interface StreamPlan {
  /** Whose position is read no more. To be done first. */
  close: StreamReading[];
  /** Whose position becomes another account's, as it is. */
  handOver: { stream: EventStream; from: AccountId; to: AccountId }[];
  /** The passes to make; one whose stream has no position yet takes the first. */
  read: StreamReading[];
  /** Of those whose login Box refuses, who reads nothing that would tell when it is accepted again. */
  ask: StreamReading[];
}

/** The streams that a source needs: the enterprise's tells nothing of folders that belong to others. */
export const streamsOf = (chosen: EventStream, isExternal: boolean | undefined): EventStream[] =>
  chosen === "changes" || isExternal === false ? [chosen] : [chosen, "changes"];

/**
 * Which streams are to be read, and by which account. A user's own is read while a source needs it.
 * An enterprise's is read once, by one of its accounts for all of them: by the one that has the
 * position while it can, else by another with the same position, so that nothing is skipped. Where two
 * have one, the older holds all that is still to be read. Two enterprises never mix.
 */
export function planStreams(accounts: readonly AccountStreams[]): StreamPlan {
  const plan: StreamPlan = { close: [], handOver: [], read: [], ask: [] };
  for (const account of accounts) planOwn(plan, account);
  const enterprises = Map.groupBy(accounts, ({ enterpriseId, accountId }) =>
    enterpriseId === undefined ? `account ${accountId}` : `enterprise ${enterpriseId}`,
  );
  for (const members of enterprises.values()) planShared(plan, members);
  const readers = new Set(plan.read.map(({ accountId }) => accountId));
  plan.ask = accounts
    .filter(({ accountId, state }) => state === "needs_relogin" && !readers.has(accountId))
    .map(({ accountId, stream }) => ({ accountId, stream }));
  return plan;
}

const positionIn = (account: AccountStreams, stream: EventStream) =>
  account.positions.find((position) => position.stream === stream);

function planOwn(plan: StreamPlan, account: AccountStreams): void {
  const { accountId, state, hasSources, hasForeign } = account;
  const reading = { accountId, stream: "changes" } as const;
  const isNeeded = hasSources && (account.stream === "changes" || hasForeign);
  if (state === "deleted" || !isNeeded) {
    if (positionIn(account, "changes")) plan.close.push(reading);
  } else if (state !== "paused") plan.read.push(reading);
}

function planShared(plan: StreamPlan, accounts: readonly AccountStreams[]): void {
  const stream = "admin_logs_streaming";
  const members = accounts.filter((one) => one.stream === stream && one.state !== "deleted");
  const isNeeded = members.some(({ hasSources }) => hasSources);
  const holders = accounts
    .flatMap((account) => {
      const position = positionIn(account, stream);
      return position ? [{ account, readAt: position.readAt.getTime() }] : [];
    })
    .toSorted((a, b) => a.readAt - b.readAt)
    .map(({ account }) => account);
  const holder = isNeeded ? holders.shift() : undefined;
  plan.close.push(...holders.map(({ accountId }) => ({ accountId, stream }) as const));
  if (!isNeeded) return;

  // One whose login Box refuses is asked again, but only where no other can read.
  const able = (["linked", "needs_relogin"] as const).flatMap((state) => {
    const such = members.filter((member) => member.state === state);
    return holder && such.includes(holder) ? [holder, ...such] : such;
  });
  const reader = able[0];
  if (!reader) return;
  if (holder && holder !== reader)
    plan.handOver.push({ stream, from: holder.accountId, to: reader.accountId });
  plan.read.push({ accountId: reader.accountId, stream });
}
