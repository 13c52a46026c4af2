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
  const postgres = findPostgresError(error);
  if (postgres) return postgres;
  const { name, message, stack } = error;
  const kind = (error as { kind?: unknown }).kind;
  const at = stack
    ?.split("\n")
    .find((line) => line.includes(" at "))
    ?.trim();
  return { name, message, ...(kind === undefined ? {} : { kind }), ...(at ? { at } : {}) };
}

function findPostgresError(error: unknown): Record<string, unknown> | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const found = at as { code?: unknown; severity?: unknown; query?: unknown } & Record<
      string,
      unknown
    >;
    if (typeof found.code === "string" && (found.severity !== undefined || "query" in found))
      return {
        name: "PostgresError",
        code: found["code"],
        table: found["table_name"],
        constraint: found["constraint_name"],
        routine: found["routine"],
      };
    if ("query" in found && "params" in found && !(at.cause instanceof Error))
      return { name: at.name, message: "a database statement failed" };
  }
  return undefined;
}
