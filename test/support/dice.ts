import { configureGlobal } from "fast-check";

/**
 * fast-check, always with the same dice: whether a change passes is about the change, not about its luck.
 * `SEED=2 npm test` throws others.
 */
configureGlobal({ seed: Number(process.env["SEED"] ?? 1) });
export * from "fast-check";
