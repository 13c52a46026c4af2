import type { TokenStore } from "./tokens.ts";

/** How an account is entered. Holds secrets: never log it. */
export type BoxCredentials =
  | {
      kind: "ccg";
      clientId: string;
      clientSecret: string;
      subject: "enterprise" | "user";
      subjectId: string;
    }
  | {
      kind: "jwt";
      clientId: string;
      clientSecret: string;
      publicKeyId: string;
      /** PEM, as a rule encrypted with the passphrase; an empty passphrase stands for none. */
      privateKey: string;
      passphrase: string;
      subject: "enterprise" | "user";
      subjectId: string;
    }
  | { kind: "oauth"; clientId: string; clientSecret: string; tokens: TokenStore }
  | { kind: "developerToken"; token: string };
