import { badRequest, Refusal } from "./refusal.ts";

/**
 * Why Box would refuse a name, or `undefined`: at most 255 characters; no slash, backslash or
 * unprintable character; no space at either end; neither `.` nor `..`.
 * https://developer.box.com/guides/api-calls/permissions-and-errors/common-errors/
 */
export function nameFault(name: string): "item_name_invalid" | "item_name_too_long" | undefined {
  if (name.length > 255) return "item_name_too_long";
  if (name === "" || name === "." || name === ".." || name !== name.trim())
    return "item_name_invalid";
  return /[/\\\p{Cc}]/u.test(name) ? "item_name_invalid" : undefined;
}

/** The name itself, or a 400 that says what is wrong with it. */
export function checkName(name: unknown): string {
  if (typeof name !== "string") throw badRequest("name", "'name' is required", "missing_parameter");
  const fault = nameFault(name);
  if (fault === undefined) return name;
  throw new Refusal(
    400,
    fault,
    fault === "item_name_too_long" ? "Item name too long" : "Item name invalid",
    {
      errors: [{ reason: "invalid_parameter", name: "name", message: `Invalid value '${name}'.` }],
    },
  );
}

/** Two names with one key cannot lie in one folder. */
export const nameKey = (name: string) => name.toLowerCase();
