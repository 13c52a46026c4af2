import { z } from "@hono/zod-openapi";
import {
  type AccountSummary,
  endOfCredentials,
  findAccountSummary,
} from "../../db/account-list.ts";
import { MOST_WEBHOOKS } from "../../db/signs.ts";
import type { AccountDeps } from "../../operations/accounts.ts";
import { webhookAddress } from "../../operations/webhook-at-box.ts";
import { found } from "./routes.ts";

const identity = z.object({
  userId: z.string(),
  login: z.string().nullable(),
  enterpriseId: z.string().nullable(),
});

/** An account as it is answered. */
export const account = z
  .object({
    id: z.uuid(),
    name: z.string(),
    auth: z
      .object({
        kind: z.enum(["ccg", "jwt", "oauth", "developerToken"]),
        expiresAt: z.iso
          .datetime()
          .nullable()
          .openapi({ description: "When the credentials end by themselves, as far as is known" }),
      })
      .openapi({ description: "Secrets are never answered" }),
    stream: z.enum(["changes", "admin_logs_streaming"]).openapi({
      description: "The event stream that is read: the user's own or the enterprise's",
    }),
    identity,
    hasSignatureKeys: z.boolean(),
    webhookAddress: z
      .url()
      .nullable()
      .openapi({ description: "Where Box delivers; null when Box cannot reach Longshore" }),
    state: z.enum(["linked", "needs_relogin", "paused", "deleted"]),
    reason: z.string().nullable(),
    stateSince: z.iso.datetime(),
    createdAt: z.iso.datetime(),
    sources: z.int(),
    webhooks: z
      .object({
        used: z.int().openapi({
          description:
            "That stand at Box for the account's Box user, those of its other accounts among them",
        }),
        limit: z.int().openapi({
          description:
            "That Box allows an application and user; folders beyond are polled, which notices them a minute later",
        }),
      })
      .openapi({
        description:
          "An incident is opened at nine tenths. Webhooks that others made with the same application count at Box too, and are not known here",
      }),
  })
  .openapi("Account");

/** The account with this id, as the API words it. Throws the 404 when there is none. */
export async function showAccount(
  { db, webhookBase }: Pick<AccountDeps, "db" | "webhookBase">,
  id: string,
): Promise<z.infer<typeof account>> {
  const row = await found("account", id, (id) => findAccountSummary(db, id));
  return toAccount(row, webhookBase);
}

/** An account as the API words it. */
export function toAccount(
  row: AccountSummary,
  webhookBase: string | undefined,
): z.infer<typeof account> {
  return {
    id: row.id,
    name: row.name,
    auth: { kind: row.authKind, expiresAt: endOfCredentials(row)?.toISOString() ?? null },
    stream: row.stream,
    identity: {
      userId: row.boxUserId,
      login: row.boxLogin,
      enterpriseId: row.boxEnterpriseId,
    },
    hasSignatureKeys: row.hasSignatureKeys,
    webhookAddress: webhookBase === undefined ? null : webhookAddress(webhookBase, row.id),
    state: row.state,
    reason: row.reason,
    stateSince: row.stateSince.toISOString(),
    createdAt: row.createdAt.toISOString(),
    sources: row.sources,
    webhooks: { used: row.webhooks, limit: MOST_WEBHOOKS },
  };
}
