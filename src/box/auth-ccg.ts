import { type Grant, requestGrant, WRONG_CLIENT } from "./auth-grant.ts";
import type { BoxCredentials } from "./credentials.ts";
import type { Transport } from "./transport.ts";

type CcgCredentials = Extract<BoxCredentials, { kind: "ccg" }>;

/**
 * A token by the Client Credentials Grant:
 * https://developer.box.com/guides/authentication/client-credentials/. It lives about an hour, and
 * whoever has the credentials may ask for the next.
 */
export function requestByClient(
  transport: Transport,
  oauthUrl: string,
  { clientId, clientSecret, subject, subjectId }: CcgCredentials,
): Promise<Grant> {
  return requestGrant({
    transport,
    oauthUrl,
    form: {
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: clientSecret,
      box_subject_type: subject,
      box_subject_id: subjectId,
    },
    hintFor: (code) => HINTS[code ?? ""]?.(subject) ?? HINT,
  });
}

const HINT =
  "See that the client id and secret, the subject and the authorisation of the application are those of Box's Developer Console and Admin Console.";

const HINTS: Record<string, (subject: CcgCredentials["subject"]) => string> = {
  invalid_client: () => WRONG_CLIENT,
  unauthorized_client: () =>
    "The application may not use this grant: it must be a Custom App with Server Authentication (Client Credentials Grant), authorised in the Admin Console under Apps, Custom Apps Manager.",
  invalid_grant: (subject) =>
    subject === "enterprise"
      ? "See that the subject is your Enterprise ID (Developer Console, General Settings) and authorise the application in the Admin Console under Apps, Custom Apps Manager; after any change of its scopes, again."
      : "See that the subject is the user's id, that the application has App + Enterprise Access and may Generate User Access Tokens (Developer Console, Configuration), and authorise it again in the Admin Console under Apps, Custom Apps Manager.",
};
