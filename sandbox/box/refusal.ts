/** What Box answers instead of doing what it was asked. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly context: Record<string, unknown> | null;

  constructor(
    status: number,
    code: string,
    message: string,
    context: Record<string, unknown> | null = null,
  ) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.code = code;
    this.context = context;
  }
}

/** Also for what this user may not see: Box does not tell the two apart. */
export const notFound = (what = "item") =>
  new Refusal(404, "not_found", "Not Found", {
    errors: [
      { reason: "invalid_parameter", name: what, message: "Invalid value for this parameter." },
    ],
  });

/** Box tells an item in the trash from one that never was. */
export const trashed = () => new Refusal(404, "trashed", "Item is trashed");

export const forbidden = (message = "Access denied - insufficient permission") =>
  new Refusal(403, "access_denied_insufficient_permissions", message);

export const locked = () =>
  new Refusal(403, "access_denied_item_locked", "Access denied - item locked");

/** While Box is still copying, moving or restoring the folder. */
export const blocked = () =>
  new Refusal(409, "operation_blocked_temporary", "The operation is blocked by another operation");

export const badRequest = (name: string, message: string, reason = "invalid_parameter") =>
  new Refusal(400, "bad_request", "Bad Request", { errors: [{ reason, name, message }] });

/** The `If-Match` of the request is not the item's etag. */
export const preconditionFailed = () =>
  new Refusal(
    412,
    "precondition_failed",
    "The resource has been modified. Please retrieve the resource again and retry",
  );
