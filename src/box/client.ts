import type { FolderFact, VersionFact } from "../core/change.ts";
import type { FileId, FolderId, VersionId } from "../core/ids.ts";
import type { EventStream } from "../core/streams.ts";

/**
 * What Longshore asks of Box, for one account. Every call may throw a `Failure` (core/failure.ts)
 * that says whether another try can help; absence that is an ordinary answer is `undefined`.
 * Reads may be repeated freely. No call of the API is tried again on its own, but for two that
 * Box did not take: with a new token, once, when it refused the old one; and a read over a new connection
 * when Box had closed the kept one. When to try again is decided in core/retry.ts and remembered in a row.
 */
export interface BoxClient {
  /** Who the credentials speak for. Throws `unauthorized` when Box does not accept them. */
  whoAmI(): Promise<BoxIdentity>;

  /** Sees that there is a token: asks Box for one only when the one in hand is at its end. Throws as `whoAmI`. */
  logIn(): Promise<void>;

  /**
   * Ends at Box what the credentials were given there: an OAuth 2.0 login, or the access token in
   * hand. A developer token is left to end by itself: with it Box would remove all webhooks of its
   * application, those of other installations too. Nothing in hand, or ended already, is done.
   */
  logOut(): Promise<void>;

  /** The file with its current version, or `undefined` when Box answers 404 (gone, trashed or not visible). */
  file(id: FileId, signal?: AbortSignal): Promise<BoxFile | undefined>;

  /**
   * The past versions that can still be downloaded, of the newest 11,000: Box lists no more. The current
   * one is never among them. Throws `not_found` when Box answers 404.
   */
  pastVersions(id: FileId, signal?: AbortSignal): Promise<VersionFact[]>;

  /** The folder with its way down from the top, or `undefined` on 404. */
  folder(id: FolderId, signal?: AbortSignal): Promise<BoxFolder | undefined>;

  /**
   * One page of a folder, up to 1000 rows, by marker. `nextMarker` absent means the end. A marker
   * that Box no longer knows throws `invalid`; start the folder again then. 404 throws `not_found`.
   */
  folderItems(id: FolderId, marker: string | undefined, signal?: AbortSignal): Promise<ItemsPage>;

  /**
   * One page of up to 500 events after a position. Positions are opaque text and exact, however
   * large. `"now"` answers no events and the newest position. A page shorter than 500 is not the end.
   */
  events(stream: EventStream, position: string, signal?: AbortSignal): Promise<EventsPage>;

  /**
   * Opens the bytes of exactly this version. The iterable throws `transient` when the connection is
   * cut, stalls, or ends before the announced length; `not_ready` on 202. Leaving the loop early
   * closes the connection.
   */
  download(
    file: FileId,
    version: VersionId,
    signal?: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>>;

  /** Makes a webhook; throws `conflict` when this application has one on the folder already. */
  createWebhook(folder: FolderId, address: string, triggers: string[]): Promise<BoxWebhook>;
  /** The webhook with this id; `undefined` when Box answers 404, or when it is not on a folder. */
  webhook(id: string): Promise<BoxWebhook | undefined>;
  /** Ids and folders of this application's webhooks; Box tells their address only one by one. */
  webhooks(): Promise<{ webhookId: string; folderId: FolderId }[]>;
  /** Makes the webhook with this id so in every part; again, it changes nothing. Throws `not_found` on 404. */
  updateWebhook(webhook: BoxWebhook): Promise<BoxWebhook>;
  /** Removing one that is gone already succeeds. */
  deleteWebhook(id: string): Promise<void>;

  /** How far Box's clock is ahead of ours, in ms, by its last answer; undefined before the first. */
  clockOffsetMs(): number | undefined;
}

export interface BoxIdentity {
  userId: string;
  login: string | undefined;
  name: string | undefined;
  /** Absent for a personal account. */
  enterpriseId: string | undefined;
}

export interface BoxFile {
  fileId: FileId;
  name: string;
  etag: string | undefined;
  /** See `FileFact`. */
  sequence?: string | undefined;
  parentId: FolderId | undefined;
  ancestors: FolderFact[] | undefined;
  /** In the trash: it has facts, but its content cannot be downloaded. */
  trashed: boolean;
  /** Absent for what has no content of its own, and for rows whose facts contradict themselves. */
  version: VersionFact | undefined;
}

export interface BoxFolder {
  folderId: FolderId;
  name: string;
  parentId: FolderId | undefined;
  /** From the top down to the parent, the folder itself not among them. */
  ancestors: FolderFact[];
  trashed: boolean;
  /** It belongs to another enterprise than the account's; absent where Box does not say, and for the root, where both lie. */
  isExternal?: boolean | undefined;
  /** Whether the role of this user lets files of it be downloaded; absent as above. */
  mayDownload?: boolean | undefined;
}

export interface ItemsPage {
  files: BoxFile[];
  folders: FolderFact[];
  /** Rows that are neither: web links, and anything a later Box may invent. */
  others: number;
  nextMarker: string | undefined;
}

export interface EventsPage {
  /** As Box sent them, unread: one odd event must not harm its neighbours. */
  entries: unknown[];
  /** Absent when Box gave none, which never replaces a position that is known. */
  nextPosition: string | undefined;
}

export interface BoxWebhook {
  webhookId: string;
  folderId: FolderId;
  address: string;
  triggers: string[];
}

/** Where Box is. */
export interface BoxEndpoints {
  /** Without the `/2.0`. */
  apiUrl: string;
  /** The base under which `/token` lies. */
  oauthUrl: string;
  /** Hosts that a download may redirect to; `*.` stands for any sub-domain. */
  downloadHosts: string[];
}
