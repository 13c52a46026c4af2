/** What PostgreSQL, or the way to it, says to a service that cannot begin, in what a person can do. */
const HINTS: Record<string, string> = {
  ECONNREFUSED: "Nothing listens at the host and port of DATABASE_URL.",
  ENOTFOUND: "The host of DATABASE_URL is not known.",
  EAI_AGAIN: "The host of DATABASE_URL cannot be looked up now.",
  ETIMEDOUT: "Nothing answers at the host and port of DATABASE_URL: a firewall, as a rule.",
  CONNECT_TIMEOUT: "Nothing answers at the host and port of DATABASE_URL: a firewall, as a rule.",
  "28P01": "The user or the password of DATABASE_URL is wrong.",
  "28000":
    "There is no such user as that of DATABASE_URL, or it may not connect so: see pg_hba.conf, and whether TLS is asked for.",
  "3D000": "There is no database of the name in DATABASE_URL: create it.",
  "42501": "The user of DATABASE_URL must be allowed to create schemas and tables.",
  "53300":
    "The database has no connection left: raise its max_connections, or run fewer processes.",
  "57P03": "The database is starting or stopping: try again.",
};

/** What to do about a database that refused with this code; `undefined` for what is no matter of access. */
export const hintOfRefusal = (code: string): string | undefined => HINTS[code];
