/** Why Box gave no token. */
export interface GrantRefusal {
  code: string | undefined;
  /** Box's own words. They may quote what was sent: compared here, and told to nobody. */
  description: string;
}

interface ServerGrant {
  kind: "ccg" | "jwt";
  subject: "enterprise" | "user";
}

type Hint = string | ((grant: ServerGrant) => string);

const AUTHORISE =
  "authorise it in the Admin Console under Apps, Custom Apps Manager; after any change of its scopes, again";

const METHODS = {
  ccg: "Server Authentication (Client Credentials Grant)",
  jwt: "Server Authentication (with JWT)",
  oauth: "User Authentication (OAuth 2.0)",
};

const ofOtherKind = (kind: keyof typeof METHODS) =>
  `The application is of another kind: these credentials need one with ${METHODS[kind]} (Developer Console, Configuration). The kind cannot be changed later: create another application.`;

const MAY_ACT_AS_USERS =
  "the application has App + Enterprise Access and may Generate User Access Tokens (Developer Console, Configuration)";

export const WRONG_CLIENT =
  "Box does not know this client id and secret: copy both again from Configuration, OAuth 2.0 Credentials in the Developer Console.";

/**
 * Box's descriptions, as https://developer.box.com/guides/api-calls/permissions-and-errors/common-errors/
 * lists them: one code stands for several faults, and only these words tell which.
 */
const BY_WORDS: [words: RegExp, hint: Hint][] = [
  [/grant[ _]type/i, ({ kind }) => ofOtherKind(kind)],
  [/enterprise configuration/i, `See that ${MAY_ACT_AS_USERS}, and ${AUTHORISE}.`],
  [
    /\bsub\b/,
    ({ subject }) =>
      subject === "enterprise"
        ? "The enterprise id is not that of the application: copy the Enterprise ID from General Settings in the Developer Console."
        : `There is no such user for the application: see that the user's id is right and belongs to its enterprise, and that ${MAY_ACT_AS_USERS}.`,
  ],
  [
    /\bkid\b|signature|public key/i,
    "Box does not hold the public key of this configuration file: generate a new pair (Developer Console, Configuration, Add and Manage Public Keys, Generate a Public/Private Keypair) and enter the file that it hands out.",
  ],
  [
    /\b(exp|iat|nbf)\b|expiration/i,
    "The clock of this machine differs from Box's by more than the request allows: synchronise it (NTP).",
  ],
  [
    /\biss\b/,
    "The client id is not that of the key's application: enter the configuration file as Box hands it out.",
  ],
];

const BY_CODE: Record<string, Hint> = {
  invalid_client: WRONG_CLIENT,
  unauthorized_client: ({ kind }) =>
    `The administrator of the enterprise has not authorised the application: ${AUTHORISE}. It must be a Custom App with ${METHODS[kind]}.`,
  terms_of_service_required:
    "The user has to accept the enterprise's terms of service once, signed in at Box.",
  invalid_grant: ({ kind, subject }) => {
    const key = kind === "jwt" ? "that its public key is still listed there, " : "";
    return subject === "enterprise"
      ? `See ${key}that the subject is your Enterprise ID (Developer Console, General Settings), and ${AUTHORISE}.`
      : `See ${key}that the subject is the user's id, that ${MAY_ACT_AS_USERS}, and ${AUTHORISE}.`;
  },
};

const OTHERWISE = `See that the client id and secret (or the configuration file) are the application's newest from the Developer Console, and ${AUTHORISE}.`;

/** What a person does about a refusal of server authentication, where in Box's consoles. */
export function hintForServer(grant: ServerGrant, { code, description }: GrantRefusal): string {
  const [, byWords] = BY_WORDS.find(([words]) => words.test(description)) ?? [];
  const hint = byWords ?? BY_CODE[code ?? ""] ?? OTHERWISE;
  return typeof hint === "string" ? hint : hint(grant);
}

/** The same for a login of a person; `otherwise` is what such a request fails of as a rule. */
export function hintForPerson(otherwise: string, { code, description }: GrantRefusal): string {
  if (code === "invalid_client") return WRONG_CLIENT;
  if (/grant[ _]type/i.test(description)) return ofOtherKind("oauth");
  if (/redirect/i.test(`${code} ${description}`))
    return "The application does not list the redirect URI to the letter: Developer Console, Configuration, Redirect URIs.";
  return otherwise;
}
