/** The access tokens of one account. */
export interface Tokens {
  /** A token that Box should accept; callers that come together share one request for it. */
  get(): Promise<string>;
  /** Forgets a token that Box refused. A newer one stays. */
  drop(token: string): void;
  /** What to revoke so that nothing in hand is good any more; undefined when there is nothing. */
  revocable(): Promise<string | undefined>;
}

/** What an OAuth 2.0 login has at one moment. Both are secret. */
export interface TokenPair {
  accessToken: string;
  /** Good for one use, within 60 days. */
  refreshToken: string;
  /** From then on the pair is replaced before it is used; ms since 1970 by Box's clock. */
  usableUntilMs: number;
  /** When Box said that the refresh token is good no more; ms since 1970. */
  refusedAtMs?: number | undefined;
}

/** Where the one pair of a login is kept, for all processes. */
export interface TokenStore {
  /** The pair as last kept. Throws `unauthorized` when there is none any more. */
  read(): Promise<TokenPair>;
  /**
   * Calls `renew` with the pair as kept, alone among all processes, and answers what it answers once
   * that is kept. When anything throws, the pair stays as it was.
   */
  replace(renew: (kept: TokenPair) => Promise<TokenPair>): Promise<TokenPair>;
}
