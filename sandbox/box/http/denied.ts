/** What the token endpoint answers instead of a token: another form than the API's errors. */
export class Denied extends Error {
  readonly error: string;
  constructor(error: string, description: string) {
    super(description);
    this.error = error;
  }
}

/** The refusal of what was shown for a token. */
export function deny(description: string): never {
  throw new Denied("invalid_grant", description);
}
