import type { Asserted } from "../app-key.ts";
import { itemIn } from "../scopes.ts";
import type { Issued, Login } from "../tokens.ts";
import { Denied, deny } from "./denied.ts";
import type { Desk } from "./door.ts";
import type { Form } from "./form.ts";

/** https://developer.box.com/guides/api-calls/permissions-and-errors/common-errors/ */
const NOT_AUTHORISED = "This app is not authorized by the enterprise admin";

/** Token exchange (RFC 8693): a token for less, out of one for more. */
export const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";

/** What each type of grant gives for its form; throws `Denied`. */
export function createGrants({
  core: { people },
  tokens,
  appKey,
  faults,
}: Desk): Record<string, (form: Form) => Issued> {
  function subjectOf(type: unknown, id: unknown, refusal: string): Login {
    if (type === "enterprise" && id === people.enterpriseId)
      return { userId: people.serviceUserId, subject: "enterprise" };
    if (type === "user" && typeof id === "string" && people.user(id))
      return { userId: id, subject: "user" };
    return deny(refusal);
  }

  function asServer(type: unknown, id: unknown, refusal = "Grant credentials are invalid"): Issued {
    if (!faults.settings.appAuthorised) throw new Denied("unauthorized_client", NOT_AUTHORISED);
    return tokens.server(subjectOf(type, id, refusal));
  }

  function readAssertion(assertion: string): Asserted {
    try {
      return appKey.read(assertion);
    } catch {
      return deny("Invalid assertion");
    }
  }

  return {
    client_credentials: ({ box_subject_type: type, box_subject_id: id }) => asServer(type, id),
    "urn:ietf:params:oauth:grant-type:jwt-bearer": ({ assertion = "" }) => {
      const asserted = readAssertion(assertion);
      if ("refusal" in asserted) deny(asserted.refusal);
      return asServer(asserted.type, asserted.id, "Please check the 'sub' claim.");
    },
    [EXCHANGE]: ({ subject_token = "", scope = "", resource = "" }) =>
      tokens.downscope(subject_token, scope, itemIn(resource)) ?? deny("Invalid subject token"),
    authorization_code: ({ code = "", redirect_uri }) =>
      tokens.redeem(code, redirect_uri) ?? deny("The authorization code has expired"),
    refresh_token: ({ refresh_token = "" }) =>
      tokens.refresh(refresh_token) ?? deny("Refresh token has expired"),
  };
}
