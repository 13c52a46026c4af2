import { z } from "@hono/zod-openapi";
import { faultOfKey } from "../../box/auth-jwt.ts";
import { boxId, lines, text } from "./fields.ts";

const appAuth = z
  .object({
    publicKeyID: text(100),
    privateKey: lines(20_000),
    passphrase: z.string().max(500).default(""),
  })
  .superRefine((pair, context) => {
    const fault = faultOfKey(pair);
    if (fault) context.addIssue({ code: "custom", path: [fault.of], message: fault.detail });
  });

/** The file as Box's Developer Console hands it out; what else it holds is left alone. */
const config = z
  .object({
    boxAppSettings: z.object({ clientID: text(200), clientSecret: text(500), appAuth }),
    enterpriseID: boxId,
  })
  .openapi("JwtConfig", {
    description:
      "The whole JSON file of Generate a Public/Private Keypair in the Developer Console",
  });

/** A JWT application's way in; without a subject it is the enterprise's service account. */
export const jwtAuth = z
  .strictObject({
    kind: z.literal("jwt"),
    config,
    subject: z.enum(["enterprise", "user"]).default("enterprise"),
    subjectId: boxId
      .optional()
      .openapi({ description: "The user's id; the enterprise's stands in the file" }),
  })
  .superRefine(({ subject, subjectId }, context) => {
    if (subject === "user" && subjectId === undefined)
      context.addIssue({ code: "custom", path: ["subjectId"], message: "is missing for a user" });
  })
  .transform(({ kind, config: { boxAppSettings, enterpriseID }, subject, subjectId }) => {
    const { clientID, clientSecret, appAuth: app } = boxAppSettings;
    return {
      kind,
      clientId: clientID,
      clientSecret,
      publicKeyId: app.publicKeyID,
      privateKey: app.privateKey,
      passphrase: app.passphrase,
      subject,
      subjectId: subjectId ?? enterpriseID,
    };
  });
