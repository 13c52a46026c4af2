/**
 * What Google's JSON API answers when it refuses, worded as the real one does:
 * https://cloud.google.com/storage/docs/json_api/v1/status-codes
 */
export class GcsError extends Error {
  readonly status: number;
  readonly reason: string;
  readonly location: { locationType: string; location: string } | undefined;
  /** Upload offsets are refused in plain text; everything else is JSON. */
  readonly plainText: boolean;

  constructor(
    status: number,
    reason: string,
    message: string,
    options: { location?: { locationType: string; location: string }; plainText?: boolean } = {},
  ) {
    super(message);
    this.name = "GcsError";
    this.status = status;
    this.reason = reason;
    this.location = options.location;
    this.plainText = options.plainText ?? false;
  }
}

/** The answer for a refusal. 304 has no body, as HTTP demands. */
export function errorResponse(error: GcsError): Response {
  if (error.status === 304) return new Response(null, { status: 304 });
  if (error.plainText) return new Response(error.message, { status: error.status });
  const { status: code, message, reason } = error;
  const errors = [{ message, domain: "global", reason, ...error.location }];
  return Response.json({ error: { code, message, errors } }, { status: code });
}

export const invalid = (message: string) => new GcsError(400, "invalid", message);

export const required = (message: string) => new GcsError(400, "required", message);

export const noSuchObject = (bucket: string, name: string) =>
  new GcsError(404, "notFound", `No such object: ${bucket}/${name}`);

export const noSuchBucket = () =>
  new GcsError(404, "notFound", "The specified bucket does not exist.");

/** An upload session that is unknown, expired or lost; the API documents both statuses. */
export const noSession = (status: 404 | 410) =>
  new GcsError(status, status === 404 ? "notFound" : "uploadSessionGone", "Not Found");

export const conditionNotMet = () =>
  new GcsError(
    412,
    "conditionNotMet",
    "At least one of the pre-conditions you specified did not hold.",
    { location: { locationType: "header", location: "If-Match" } },
  );

export const notModified = () => new GcsError(304, "notModified", "Not Modified");

export const forbidden = (permission: string, account: string) => {
  const thing = permission.startsWith("storage.buckets.") ? "bucket" : "object";
  return new GcsError(
    403,
    "forbidden",
    `${account} does not have ${permission} access to the Google Cloud Storage ${thing}. Permission '${permission}' denied on resource (or it may not exist).`,
  );
};

const AUTHORIZATION = { locationType: "header", location: "Authorization" };

export const anonymous = () =>
  new GcsError(
    401,
    "required",
    "Anonymous caller does not have access to the Google Cloud Storage object.",
    { location: AUTHORIZATION },
  );

export const invalidCredentials = () =>
  new GcsError(401, "authError", "Invalid Credentials", { location: AUTHORIZATION });

/** The answers of an overloaded or broken service, by status. */
export function outage(status: number): GcsError {
  const [reason, message] = OUTAGES[status] ?? ["backendError", "Backend Error"];
  return new GcsError(status, reason, message);
}

const OUTAGES: Record<number, [reason: string, message: string]> = {
  401: ["authError", "Invalid Credentials"],
  403: ["forbidden", "The caller does not have permission."],
  404: ["notFound", "Not Found"],
  408: ["requestTimeout", "Request Timeout"],
  410: ["uploadSessionGone", "The upload session is gone."],
  412: ["conditionNotMet", "At least one of the pre-conditions you specified did not hold."],
  429: [
    "rateLimitExceeded",
    "The object exceeded the rate limit for object mutation operations (create, update, and delete). Please reduce your request rate.",
  ],
  500: ["backendError", "We encountered an internal error. Please try again."],
  503: ["backendError", "We encountered an internal error. Please try again."],
};
