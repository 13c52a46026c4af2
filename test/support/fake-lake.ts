import type { LakeStore } from "../../src/lake/store.ts";

/** A lake for those who only ask where it is and whether it is well. */
export function createFakeLake(uri = "gs://lake/landed") {
  const state: { failure: Error | undefined; probes: number } = { failure: undefined, probes: 0 };
  const untold = (): never => {
    throw new Error("the fake lake was not told about this call");
  };
  const store: LakeStore = {
    uri,
    create: untold,
    look: untold,
    probe() {
      state.probes++;
      return state.failure ? Promise.reject(state.failure) : Promise.resolve();
    },
  };
  return { store, state };
}
