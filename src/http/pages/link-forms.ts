import { z } from "zod";
import type { BoxApp } from "../../box/credentials.ts";
import type { PendingLink } from "../../operations/link-by-consent.ts";
import type { textsOf } from "./form.ts";

type Texts = ReturnType<typeof textsOf>;

/** Plain text, and so short that all of it sealed fits into a cookie (4096 bytes). */
const plain = (longest: number) =>
  z
    .string()
    .trim()
    .regex(/^[\x21-\x7e]*$/)
    .max(longest);

const linkForm = z.object({
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .refine((name) => name.isWellFormed() && !/\p{Cc}/u.test(name)),
  clientId: plain(200).min(1),
  clientSecret: plain(500).min(1),
  primary: plain(500).default(""),
  secondary: plain(500).default(""),
});

/** The account and application that a link is asked for, or the sentence that refuses the form. */
export function readLink(texts: Texts): Omit<PendingLink, "id"> | string {
  const read = linkForm.safeParse(texts);
  if (!read.success)
    return `Enter again: ${read.error.issues.map(({ path }) => String(path[0])).join(", ")}`;
  const { primary, secondary, ...asked } = read.data;
  if ((primary === "") !== (secondary === "")) return "Enter both signature keys, or none.";
  return { ...asked, signatureKeys: primary === "" ? undefined : { primary, secondary } };
}

const grantForm = z.object({
  clientId: plain(200).default(""),
  clientSecret: plain(500).default(""),
});

/**
 * The application that a new grant is asked for: `other`, or without one that of the account's login,
 * which is `knownId`. Undefined where the form names another without its secret, or a secret alone.
 */
export function readGrant(
  texts: Texts,
  knownId: string | undefined,
): { other: BoxApp | undefined } | undefined {
  const { clientId, clientSecret } = grantForm.safeParse(texts).data ?? {};
  if (clientId === undefined || clientSecret === undefined) return undefined;
  if (clientSecret !== "")
    return clientId === "" ? undefined : { other: { clientId, clientSecret } };
  return clientId === "" || clientId === knownId ? { other: undefined } : undefined;
}
