import { generateKeyPairSync, randomBytes, verify } from "node:crypto";
import { anonymous, forbidden, invalidCredentials } from "./errors.ts";
import type { Ask } from "./requests.ts";

/** The switches for who may do what; everyone may do everything at first. */
export interface Access {
  /** Whether a bearer token from `POST /token` is demanded. Session addresses need none, as at Google. */
  requireToken: boolean;
  /** How long tokens live. */
  tokenLifetimeSeconds: number;
  /** Permissions that nobody has, for instance `storage.objects.create`. */
  readonly withheld: Set<string>;
  /** Tokens given out so far are worthless from now on. */
  revokeTokens(): void;
  /** A service account's key file, as Google hands it out; the same one on every call. */
  serviceAccountKey(): ServiceAccountKey;
}

export interface ServiceAccountKey {
  type: "service_account";
  project_id: string;
  private_key_id: string;
  private_key: string;
  client_email: string;
  token_uri: string;
}

const ACCOUNT = "sandbox@longshore-sandbox.iam.gserviceaccount.com";
const GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/** Tokens, and who may do what; `origin` is where the key file says that tokens are asked for. */
export function createAccess(origin: () => string) {
  const tokens = new Map<string, number>();
  let keys: { publicKey: string; privateKey: string } | undefined;

  const access: Access = {
    requireToken: false,
    tokenLifetimeSeconds: 3600,
    withheld: new Set(),
    revokeTokens: () => tokens.clear(),
    serviceAccountKey() {
      keys ??= generateKeyPairSync("rsa", {
        modulusLength: 2048,
        publicKeyEncoding: { type: "spki", format: "pem" },
        privateKeyEncoding: { type: "pkcs8", format: "pem" },
      });
      return {
        type: "service_account",
        project_id: "longshore-sandbox",
        private_key_id: "1",
        private_key: keys.privateKey,
        client_email: ACCOUNT,
        token_uri: `${origin()}/token`,
      };
    },
  };

  /**
   * The JWT-bearer grant for that key, https://developers.google.com/identity/protocols/oauth2/service-account:
   * RS256, our account as issuer, not expired, at most an hour long.
   */
  function grant(form: URLSearchParams): Response {
    const assertion = form.get("assertion") ?? "";
    const refuse = (error: string, error_description: string) =>
      Response.json({ error, error_description }, { status: 400 });
    if (form.get("grant_type") !== GRANT)
      return refuse("unsupported_grant_type", "Invalid grant_type.");
    const fault = keys ? assertionFault(assertion, keys.publicKey) : "Invalid JWT Signature.";
    if (fault) return refuse("invalid_grant", fault);
    const token = `ya29.${randomBytes(32).toString("base64url")}`;
    const expires_in = access.tokenLifetimeSeconds;
    tokens.set(token, Date.now() + expires_in * 1000);
    return Response.json({ access_token: token, expires_in, token_type: "Bearer" });
  }

  /** Throws 401 or 403 when this request may not be made. */
  function check(ask: Ask, authorization: string | undefined): void {
    if (OPEN.has(ask.kind)) return;
    if (access.requireToken) {
      if (authorization === undefined) throw anonymous();
      const expiresAt = tokens.get(authorization.replace(/^Bearer /i, ""));
      if (expiresAt === undefined || expiresAt <= Date.now()) throw invalidCredentials();
    }
    const permission = permissionFor(ask);
    if (permission && access.withheld.has(permission)) throw forbidden(permission, ACCOUNT);
  }

  /** Who may not list is not told that an object is missing. */
  function hideAbsence(): void {
    if (access.withheld.has("storage.objects.list"))
      throw forbidden("storage.objects.get", ACCOUNT);
  }

  return { access, grant, check, hideAbsence };
}

/** A session's address is itself the credential. */
const OPEN = new Set<Ask["kind"]>(["chunk", "final", "status", "cancel", "token", "permissions"]);

function permissionFor({ kind, method, bucket }: Ask): string | undefined {
  if (kind === "bucket") {
    if (bucket === undefined) return `storage.buckets.${method === "POST" ? "create" : "list"}`;
    const verbs: Record<string, string> = { GET: "get", DELETE: "delete" };
    return `storage.buckets.${verbs[method] ?? "update"}`;
  }
  return PERMISSIONS[kind];
}

const PERMISSIONS: Partial<Record<Ask["kind"], string>> = {
  session: "storage.objects.create",
  media: "storage.objects.create",
  multipart: "storage.objects.create",
  get: "storage.objects.get",
  download: "storage.objects.get",
  list: "storage.objects.list",
  patch: "storage.objects.update",
  delete: "storage.objects.delete",
  copy: "storage.objects.create",
  compose: "storage.objects.create",
};

function assertionFault(assertion: string, publicKey: string): string | undefined {
  const [head = "", body = "", signature = ""] = assertion.split(".");
  const signed = Buffer.from(`${head}.${body}`);
  if (!verify("RSA-SHA256", signed, publicKey, Buffer.from(signature, "base64url")))
    return "Invalid JWT Signature.";
  const claims = JSON.parse(Buffer.from(body, "base64url").toString()) as Record<string, unknown>;
  const { iss, iat, exp } = claims;
  if (iss !== ACCOUNT) return "Invalid grant: account not found";
  const now = Date.now() / 1000;
  if (typeof iat !== "number" || typeof exp !== "number" || exp <= now || exp - iat > 3600)
    return "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.";
  return undefined;
}
