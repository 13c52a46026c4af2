import type { TokenStore } from "./tokens.ts";

/** The operator's own application at Box. */
export interface BoxApp {
  clientId: string;
  clientSecret: string;
}

/** Whom an application speaks for that needs no login: its service account, or a user of its enterprise. */
interface Subject {
  subject: "enterprise" | "user";
  subjectId: string;
}

interface AppKey {
  publicKeyId: string;
  /** PEM, as a rule encrypted with the passphrase; an empty passphrase stands for none. */
  privateKey: string;
  passphrase: string;
}

/** How an account is entered. Holds secrets: never log it. */
export type BoxCredentials =
  | ({ kind: "ccg" } & BoxApp & Subject)
  | ({ kind: "jwt" } & BoxApp & AppKey & Subject)
  | ({ kind: "oauth"; tokens: TokenStore } & BoxApp)
  | { kind: "developerToken"; token: string };
