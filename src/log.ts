import { pino, type Logger, type LoggerOptions } from "pino";

export type Log = Logger;

/** Field names whose values never reach the log, wherever they stand in it and however they are spelled. */
export const SECRET_FIELDS = [
  "authorization",
  "cookie",
  "setCookie",
  "token",
  "accessToken",
  "refreshToken",
  "adminToken",
  "assertion",
  "clientSecret",
  "privateKey",
  "passphrase",
  "password",
  "secret",
  "secretsKey",
  "signatureKeys",
  "primary",
  "secondary",
  "credentials",
  "databaseUrl",
  "url",
  "location",
];

/** `Set-Cookie`, `set_cookie` and `setCookie` are one name. */
const plain = (name: string) => name.replaceAll(/[-_.]/g, "").toLowerCase();
const SECRET = new Set(SECRET_FIELDS.map(plain));

/** JSON lines on stdout: a sentence and its fields. */
export function createLog(level: string, destination?: { write(line: string): void }): Log {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    hooks: {
      // Before pino takes an error's message for the sentence of a line that has none.
      logMethod([first, ...rest], method) {
        const fields: unknown = first instanceof Error ? { err: first } : first;
        method.apply(this, [hide(fields, []) as string, ...rest]);
      },
    },
  };
  const log = destination ? pino(options, destination) : pino(options);
  // The fields of a child pass by the hook. Hidden once, when it is made, they cost its lines nothing.
  const { child } = log;
  log.child = function (this: Log, fields, ...rest) {
    return child.call(this, hide(fields, []) as typeof fields, ...rest) as ReturnType<typeof child>;
  } as typeof child;
  return log;
}

/** The same, with its secrets and what errors may hold of them left out. */
function hide(value: unknown, above: readonly unknown[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Error) return describeError(value);
  // It would be written whole, its query and password too.
  if (value instanceof URL) return "[secret]";
  if ("toJSON" in value) return value;
  if (above.includes(value)) return "[circular]";
  const within = [...above, value];
  if (Array.isArray(value)) return value.map((one) => hide(one, within));
  const fields = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(
    fields.map(([name, one]) => [name, SECRET.has(plain(name)) ? "[secret]" : hide(one, within)]),
  );
}

/**
 * An error as the log may keep it. A database driver's message can hold the bound parameters, so
 * from those only the code, table and constraint are kept.
 */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: scrub(String(error)) };
  const statement = describeStatement(error);
  if (statement) return statement;
  const { name, stack } = error;
  const message = scrub(error.message);
  const kind = (error as { kind?: unknown }).kind;
  const at = stack
    ?.split("\n")
    .find((line) => line.includes(" at "))
    ?.trim();
  return { name, message, ...(kind === undefined ? {} : { kind }), ...(at ? { at } : {}) };
}

/**
 * Text of somebody else's, without what libraries are known to quote in it: the password and the query of
 * an address, a token behind its scheme. Our own messages hold none of these.
 */
export function scrub(text: string): string {
  return text
    .replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, "$1[secret]@")
    .replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s?#"']*)[?#][^\s"']*/gi, "$1?[secret]")
    .replaceAll(/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, "$1 [secret]")
    .replaceAll(
      /\b(access_token|refresh_token|client_secret|assertion|signature|upload_id)=[^\s&"']+/gi,
      "$1=[secret]",
    );
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
