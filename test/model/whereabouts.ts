import type { Account } from "../../sandbox/box/account.ts";
import { type Item, ROOT } from "../../sandbox/box/items.ts";

export type Whereabouts = ReturnType<typeof createWhereabouts>;

type Place = Pick<Item, "name"> & { parentId: string };

/**
 * Where everything lay since everything was last told. A file is placed by where its folders were last
 * seen; so, while news is under way, by any of these places put together.
 */
export function createWhereabouts(account: Account) {
  const places = new Map<string, Map<string, Place>>();
  const files = new Set<string>();

  function* waysUp(id: string, top: string, passed: readonly string[]): Generator<string> {
    for (const { parentId, name } of places.get(id)?.values() ?? [])
      if (parentId === top) yield name;
      else if (!passed.includes(parentId))
        for (const above of waysUp(parentId, top, [...passed, id])) yield `${above}/${name}`;
  }

  return {
    /** The files of which anything is remembered. */
    files,

    observe(): void {
      for (const { id, type, name, parentId } of itemsBelow(account, ROOT)) {
        const known = places.get(id) ?? new Map<string, Place>();
        places.set(id, known.set(`${parentId}/${name}`, { parentId, name }));
        if (type === "file") files.add(id);
      }
    },

    forget(): void {
      places.clear();
      files.clear();
    },

    /** Every path below a folder at which a file may be believed to lie. */
    pathsBelow: (fileId: string, top: string): string[] => [...waysUp(fileId, top, [])],
  };
}

/** Everything below a folder with its path there, folders before what is in them. */
export function itemsBelow(account: Account, top: string) {
  const found: { id: string; type: Item["type"]; name: string; parentId: string; path: string }[] =
    [];
  const open = [{ parentId: top, above: "" }];
  for (const { parentId, above } of open)
    for (const { id, type, name } of account.list(parentId)) {
      found.push({ id, type, name, parentId, path: above + name });
      if (type === "folder") open.push({ parentId: id, above: `${above}${name}/` });
    }
  return found;
}
