import { createHash, randomUUID } from "node:crypto";

export interface Version {
  id: string;
  bytes: Buffer;
  sha1: string;
  savedAt: Date;
}

export interface Folder {
  type: "folder";
  id: string;
  name: string;
  parent: Folder | undefined;
  entries: Item[];
}

export interface File {
  type: "file";
  id: string;
  name: string;
  parent: Folder;
  /** The newest first. */
  versions: [Version, ...Version[]];
}

/** A bookmark: it lies in folders and has no content. */
export interface WebLink {
  type: "web_link";
  id: string;
  name: string;
  parent: Folder;
}

export type Item = File | Folder | WebLink;

export interface Happened {
  id: string;
  file: File;
  at: Date;
}

/** What a contrary Box holds, whatever it makes of it. */
export function createTree() {
  let made = 0;
  // Beyond 2^53, and in no order.
  const newId = () => String(9_007_199_254_740_993n + BigInt((++made * 7919) % 10_007));
  const root: Folder = {
    type: "folder",
    id: "0",
    name: "All Files",
    parent: undefined,
    entries: [],
  };
  const items = new Map<string, Item>([[root.id, root]]);
  const happened: Happened[] = [];

  function add<T extends Item>(item: T): T {
    items.set(item.id, item);
    item.parent?.entries.push(item);
    return item;
  }

  const versionOf = (bytes: string): Version => ({
    // Text, says the schema.
    id: `v-${newId()}`,
    bytes: Buffer.from(bytes),
    sha1: createHash("sha1").update(bytes).digest("hex"),
    savedAt: new Date(Date.now() - 60_000 + made * 1000),
  });

  const found = <Type extends Item["type"]>(type: Type, id: string) => {
    const item = items.get(id);
    return item?.type === type ? (item as Extract<Item, { type: Type }>) : undefined;
  };

  return {
    root,
    happened,
    found,
    folder: (parent: Folder, name: string): Folder =>
      add({ type: "folder", id: newId(), name, parent, entries: [] }),
    link: (parent: Folder, name: string): WebLink =>
      add({ type: "web_link", id: newId(), name, parent }),
    file: (parent: Folder, name: string, bytes: string): File =>
      add({ type: "file", id: newId(), name, parent, versions: [versionOf(bytes)] }),
    save: (file: File, bytes: string) => void file.versions.unshift(versionOf(bytes)),
    /** Puts it into the event stream, where it stays. */
    announce: (file: File) => void happened.push({ id: randomUUID(), file, at: new Date() }),
    /** Every version of every file. */
    versions: () =>
      [...items.values()].flatMap((item) =>
        item.type === "file" ? item.versions.map((version) => ({ file: item, version })) : [],
      ),
  };
}

export type Tree = ReturnType<typeof createTree>;

/** From the root down to the parent. */
export function wayTo({ parent }: Item): Folder[] {
  return parent ? [...wayTo(parent), parent] : [];
}
