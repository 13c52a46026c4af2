import { Storage } from "@google-cloud/storage";
import { GoogleAuth, JWT } from "google-auth-library";
import type { GoogleCredentials } from "../config.ts";
import { Failure } from "../core/failure.ts";
import { GRANT_HINT, lakeFailure, NEEDED_PERMISSIONS, refusal } from "./errors.ts";
import type { Identity } from "./requests.ts";

const GOOGLE = "https://storage.googleapis.com";
const SCOPES = ["https://www.googleapis.com/auth/devstorage.read_write"];

export interface Google {
  /** Shown with requests; absent for an endpoint that is not Google's when we have no credentials. */
  identity: Identity | undefined;
  /** See `LakeStore.probe`. */
  probe: (bucket: string) => Promise<void>;
}

/**
 * Google's own libraries, for what they do well: whose credentials to use, fetching and renewing
 * tokens, asking a bucket what we may do. Without credentials Google itself is spoken to with the
 * machine's (application default credentials), any other endpoint with none.
 */
export function openGoogle(
  apiEndpoint: string,
  credentials: GoogleCredentials | undefined,
  timeoutMs: number,
): Google {
  const anonymous = credentials === undefined && apiEndpoint !== GOOGLE;
  const signIn = () =>
    new GoogleAuth({
      scopes: SCOPES,
      ...(credentials && { authClient: serviceAccount(credentials) }),
    });
  let auth = signIn();
  let lastShown: string | null = null;

  const identity: Identity = {
    async headers(url) {
      const headers = await auth.getRequestHeaders(url).catch((error: unknown) => {
        throw tokenFailure(error);
      });
      lastShown = headers.get("authorization");
      return new Headers(headers);
    },
    renew(refused) {
      // Many requests are refused together; the first renews for all.
      if (refused !== lastShown) return;
      auth = signIn();
      lastShown = null;
    },
  };

  async function probe(bucketName: string): Promise<void> {
    const bucket = new Storage({
      apiEndpoint,
      authClient: auth,
      useAuthWithCustomEndpoint: !anonymous,
      timeout: timeoutMs,
      retryOptions: { autoRetry: false },
    }).bucket(bucketName);
    try {
      const granted = await permissionsOn(bucket);
      const missing = NEEDED_PERMISSIONS.filter((permission) => granted[permission] !== true);
      if (missing.length > 0)
        throw lakeFailure("blocked", `${missing.join(", ")} missing on the bucket ${bucketName}`, {
          hint: GRANT_HINT(bucketName),
        });
    } catch (error) {
      throw clientFailure(error, bucketName);
    }
  }

  return { identity: anonymous ? undefined : identity, probe };
}

type Bucket = ReturnType<Storage["bucket"]>;

/** What we may do of what we need. Reading the bucket itself is not needed, so it is not asked. */
async function permissionsOn(bucket: Bucket): Promise<Record<string, boolean>> {
  try {
    const [granted] = await bucket.iam.testPermissions(NEEDED_PERMISSIONS);
    return granted as Record<string, boolean>;
  } catch (error) {
    if (!UNANSWERED.has(statusOf(error) ?? 0)) throw error;
    // An emulator that knows no permissions, or no such bucket: then this throws 404 again.
    await bucket.getMetadata();
    return Object.fromEntries(NEEDED_PERMISSIONS.map((permission) => [permission, true]));
  }
}

const UNANSWERED = new Set([404, 405, 501]);

/** The key file names its own token endpoint; the library would always ask Google's. */
function serviceAccount({ client_email, private_key, token_uri }: GoogleCredentials): JWT {
  const jwt = new JWT({ email: client_email, key: private_key, scopes: SCOPES });
  if (typeof token_uri === "string")
    jwt.transporter.interceptors.request.add({
      resolved: async (request) => Object.assign(request, { url: new URL(token_uri) }),
    });
  return jwt;
}

/** The libraries' errors carry the status as `code` or `status`, and whole requests with tokens. */
function statusOf(error: unknown): number | undefined {
  const { status, code } = error as { status?: unknown; code?: unknown };
  return [status, code].map(Number).find((number) => number >= 300 && number < 600);
}

function clientFailure(error: unknown, bucket: string): Failure {
  if (error instanceof Failure) return error;
  const status = statusOf(error);
  if (status === undefined) return lakeFailure("transient", "the bucket could not be asked");
  return refusal({ status, message: (error as Error).message }, "show the bucket", bucket);
}

/** A refused key is answered 400 or 401; an unusable one is not even sent, so there is no request. */
function tokenFailure(error: unknown): Failure {
  const status = statusOf(error);
  const unanswered = status === undefined && "config" in (error as object);
  if (unanswered || status === 429 || (status ?? 0) >= 500)
    return lakeFailure("transient", "no token: the token endpoint did not answer", { status });
  return refusal({ status: 401, reason: "token" }, "give a token", "");
}
