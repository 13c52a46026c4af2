import { z } from "@hono/zod-openapi";
import { boxId, name, text } from "./fields.ts";
import { jwtAuth } from "./jwt-schema.ts";

/** Credentials as they are handed in. */
export const auth = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({
      kind: z.literal("ccg"),
      clientId: text(200),
      clientSecret: text(500),
      subject: z.enum(["enterprise", "user"]),
      subjectId: boxId,
    }),
    jwtAuth,
    z.strictObject({ kind: z.literal("developerToken"), token: text(2000) }),
  ],
  {
    error: ({ code }) =>
      code === "invalid_union"
        ? "is not one of ccg, jwt, developerToken; with OAuth 2.0 a person links it on the page /accounts/link"
        : undefined,
  },
);

/** The two keys of an application, both: Box signs with each. */
export const signatureKeys = z.strictObject({ primary: text(500), secondary: text(500) });

/** What is asked for in a new account. */
export const newAccount = z
  .strictObject({
    name,
    auth,
    signatureKeys: signatureKeys
      .optional()
      .openapi({ description: "Of the Box application; without them its folders are polled only" }),
  })
  .openapi("NewAccount");
