/** A mask as the API takes it, and what it wants in words of our own: `src` must come to the same. */
export interface KnownMask {
  include: string[];
  exclude: string[];
  wants(path: string): boolean;
}

export const MASKS = {
  everything: { include: [], exclude: [], wants: () => true },
  tables: {
    include: ["**/*.csv"],
    exclude: [],
    wants: (path) => path.endsWith(".csv"),
  },
  "nothing in skip": {
    include: [],
    exclude: ["skip/**", "**/skip/**"],
    wants: (path) => !path.split("/").slice(0, -1).includes("skip"),
  },
} as const satisfies Record<string, KnownMask>;

export type MaskName = keyof typeof MASKS;
export const MASK_NAMES = Object.keys(MASKS) as MaskName[];
