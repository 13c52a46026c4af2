import { Problem } from "../problem.ts";

/**
 * Box leads back without a code: why, by the codes of OAuth 2.0 (RFC 6749, section 4.1.2.1). The words
 * beside it in the address are not shown: anybody could have written them.
 */
export const refusedConsent = (code = ""): Problem => {
  const [detail, hint] = CONSENT_REFUSALS[code] ?? OTHER_REFUSAL;
  return new Problem(400, detail, { hint });
};

type Refusal = readonly [detail: string, hint: string];

const OTHER_REFUSAL: Refusal = [
  "Box granted no access.",
  "See that the application is of the kind User Authentication (OAuth 2.0) and lists the redirect URI (Developer Console, Configuration), and begin again.",
];
const BUSY: Refusal = ["Box could not answer.", "Begin again in a while; see status.box.com."];
const NOT_ALLOWED: Refusal = [
  "Box does not let this application ask people for access.",
  "See that it is of the kind User Authentication (OAuth 2.0) (Developer Console, Configuration), and have an administrator enable it (Admin Console, Apps, Custom Apps Manager).",
];
const CONSENT_REFUSALS: Record<string, Refusal> = {
  access_denied: [
    "Access was not granted at Box.",
    "Begin again and press Grant access to Box there; or have an administrator allow the application (Admin Console, Apps, Custom Apps Manager).",
  ],
  unauthorized_client: NOT_ALLOWED,
  unsupported_response_type: NOT_ALLOWED,
  invalid_scope: [
    "Box does not know a scope of the application.",
    "See Application Scopes (Developer Console, Configuration), and begin again.",
  ],
  server_error: BUSY,
  temporarily_unavailable: BUSY,
};
