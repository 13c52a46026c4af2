/** Where an account's secrets are sealed to; see secrets.ts. */
export const credentialsPlace = (account: string) => `accounts:${account}:credentials`;
export const signatureKeysPlace = (account: string) => `accounts:${account}:signature_keys`;
