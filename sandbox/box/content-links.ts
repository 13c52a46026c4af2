import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Version } from "./items.ts";
import type { State } from "./state.ts";

const claim = z.object({
  sha1: z.string(),
  size: z.number(),
  name: z.string(),
  expiresAt: z.number(),
});
export type Claim = z.infer<typeof claim>;

export interface ContentLinks {
  /** An address on the content host that needs no token and soon ends. */
  make(version: Pick<Version, "sha1" | "size" | "name">): string;
  /** What a path of the content host promises; `undefined` if it was not made here. */
  read(path: string): Claim | undefined;
}

interface Parts {
  state: State;
  origin: () => string;
  lifeMs: () => number;
  now: () => number;
}

/** Signed, so that they need no memory and survive a restart. */
export function createContentLinks({ state, origin, lifeMs, now }: Parts): ContentLinks {
  const key = state.remembered("linkKey", () => randomBytes(32).toString("base64url"));
  const sign = (text: string) => createHmac("sha256", key).update(text).digest("base64url");
  return {
    make({ sha1, size, name }) {
      const promised: Claim = { sha1, size, name, expiresAt: now() + lifeMs() };
      const text = Buffer.from(JSON.stringify(promised)).toString("base64url");
      return `${origin()}/d/1/${text}.${sign(text)}/download`;
    },
    read(path) {
      const [, text, signature] = /^\/d\/1\/([^./]+)\.([^/]+)\/download$/.exec(path) ?? [];
      if (text === undefined || signature === undefined) return undefined;
      const [given, right] = [Buffer.from(signature), Buffer.from(sign(text))];
      if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
      return claim.parse(JSON.parse(Buffer.from(text, "base64url").toString()));
    },
  };
}
