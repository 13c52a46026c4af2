import { pino, type Logger } from "pino";

export type Log = Logger;

/** Field names whose values never reach the log, wherever they stand in it. */
export const SECRET_FIELDS = [
  "authorization",
  "cookie",
  "token",
  "accessToken",
  "access_token",
  "refreshToken",
  "refresh_token",
  "clientSecret",
  "client_secret",
  "password",
  "secret",
  "signatureKeys",
  "primary",
  "secondary",
  "credentials",
  "url",
  "location",
];

/** JSON lines on stdout: a sentence and its fields. */
export function createLog(level: string, destination?: { write(line: string): void }): Log {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
      censor: "[secret]",
    },
  };
  return destination ? pino(options, destination) : pino(options);
}

/**
 * An error as the log may keep it. A database driver's message can hold the bound parameters, so
 * from those only the code, table and constraint are kept.
 */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const statement = describeStatement(error);
  if (statement) return statement;
  const { name, message, stack } = error;
  const kind = (error as { kind?: unknown }).kind;
  const at = stack
    ?.split("\n")
    .find((line) => line.includes(" at "))
    ?.trim();
  return { name, message, ...(kind === undefined ? {} : { kind }), ...(at ? { at } : {}) };
}

/** A failed statement anywhere in the chain of causes: its driver's message is never kept. */
function describeStatement(error: Error): Record<string, unknown> | undefined {
  const chain: Record<string, unknown>[] = [];
  for (let at: unknown = error; at instanceof Error && chain.length < 6; at = at.cause)
    chain.push(at as unknown as Record<string, unknown>);
  if (!chain.some((link) => "query" in link || "severity" in link)) return undefined;
  const cause = chain.find((link) => typeof link["code"] === "string") ?? {};
  return {
    name: "DatabaseError",
    message: "a database statement failed",
    code: cause["code"],
    table: cause["table_name"],
    constraint: cause["constraint_name"],
  };
}
