import { describe, expect, it } from "vitest";

import { hintForPerson, hintForServer } from "../../src/box/grant-hints.ts";

/** As Box's guide to common errors has them. */
const SAID: [code: string, description: string, forEnterprise: RegExp, forUser?: RegExp][] = [
  [
    "unauthorized_client",
    "This app is not authorized by the enterprise admin",
    /has not authorised/,
  ],
  ["invalid_client", "The client credentials are invalid", /client id and secret/],
  ["invalid_request", "The grant type is unauthorized for this client_id", /of another kind/],
  [
    "invalid_request",
    "Cannot obtain user token based on the enterprise configuration for your app",
    /App \+ Enterprise Access/,
  ],
  [
    "invalid_grant",
    "Please check the 'sub' claim. The 'sub' specified is invalid.",
    /^The enterprise id is not/,
    /^There is no such user/,
  ],
  ["invalid_grant", "Please check the 'iss' claim.", /^The client id is not/],
  [
    "invalid_grant",
    "Signature verification error. The public key identified by 'kid' must correspond to the private key used for signing.",
    /^Box does not hold the public key/,
  ],
  ["invalid_grant", "'kid' invalid, unable to lookup correct key.", /Add and Manage Public Keys/],
  [
    "invalid_grant",
    "Current date time must be before the expiration date time listed in the 'exp' claim.",
    /^The clock of this machine/,
  ],
  [
    "invalid_grant",
    "Grant credentials are invalid",
    /Enterprise ID \(Developer Console, General Settings\)/,
    /Generate User Access Tokens/,
  ],
  ["unknown_code", "", /Developer Console/],
];

describe("what a person does about a refused token", () => {
  it.each(SAID)(
    "%s, %s: one thing, by its place in Box's consoles",
    (code, description, ...hints) => {
      const [forEnterprise, forUser = forEnterprise] = hints;
      for (const kind of ["ccg", "jwt"] as const) {
        const refusal = { code, description };
        expect(hintForServer({ kind, subject: "enterprise" }, refusal)).toMatch(forEnterprise);
        expect(hintForServer({ kind, subject: "user" }, refusal)).toMatch(forUser);
      }
    },
  );

  it("names the kind of application that the credentials need", () => {
    const refusal = { code: "invalid_request", description: "The grant type is unauthorized" };
    const hint = (kind: "ccg" | "jwt") => hintForServer({ kind, subject: "user" }, refusal);
    expect(hint("ccg")).toContain("Client Credentials Grant");
    expect(hint("jwt")).toContain("with JWT");
    expect(hintForPerson("else", refusal)).toContain("OAuth 2.0");
  });

  it("never repeats Box's words, which may quote what was sent", () => {
    const refusal = { code: "invalid_grant", description: "Please check the 'sub' claim: hush" };
    for (const subject of ["enterprise", "user"] as const)
      expect(hintForServer({ kind: "jwt", subject }, refusal)).not.toContain("hush");
    expect(hintForPerson("else", refusal)).toBe("else");
  });

  it("tells a person of the redirect URI, where that is it", () => {
    const refusal = { code: "redirect_uri_mismatch", description: "" };
    expect(hintForPerson("else", refusal)).toMatch(/Redirect URIs/);
    expect(hintForPerson("else", { code: undefined, description: "" })).toBe("else");
    expect(hintForPerson("else", { code: "invalid_client", description: "" })).toMatch(/secret/);
  });
});
