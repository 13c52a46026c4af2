import type { Account } from "../../sandbox/box/account.ts";
import { type Item, ROOT } from "../../sandbox/box/items.ts";

export type Whereabouts = ReturnType<typeof createWhereabouts>;

/** In which folders something was, and by what names. */
interface Places {
  parents: Set<string>;
  names: Set<string>;
}

/**
 * Where everything lay since everything was last told. A file is placed by where its folders were last
 * seen; so, while news is under way, by any of these places put together. What is moved and renamed at once is
 * told of as moved before it is as renamed.
 */
export function createWhereabouts(account: Account) {
  const places = new Map<string, Places>();
  const files = new Set<string>();

  function* waysUp(id: string, top: string, passed: readonly string[]): Generator<string> {
    const { parents, names } = places.get(id) ?? NOWHERE;
    for (const parentId of parents) {
      if (passed.includes(parentId)) continue;
      const above = parentId === top ? [""] : waysUp(parentId, top, [...passed, id]);
      for (const way of above) for (const name of names) yield way === "" ? name : `${way}/${name}`;
    }
  }

  return {
    /** The files of which anything is remembered. */
    files,

    observe(): void {
      for (const { id, type, name, parentId } of itemsBelow(account, ROOT)) {
        const { parents, names } = places.get(id) ?? NOWHERE;
        places.set(id, {
          parents: new Set([...parents, parentId]),
          names: new Set([...names, name]),
        });
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

const NOWHERE: Places = { parents: new Set(), names: new Set() };

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
