import { refusal } from "./errors.ts";
import { FIELDS, readObject } from "./object-resource.ts";
import type { GcsPlace } from "./place.ts";
import type { LakeObject } from "./store.ts";
import { persist } from "./tries.ts";

/** See `LakeStore.look`. GCS answers what is true now, also right after a write. */
export async function look(
  place: GcsPlace,
  name: string,
  signal: AbortSignal | undefined,
): Promise<LakeObject | undefined> {
  return persist(place.tries(signal), async () => {
    const answer = await place.send({
      method: "GET",
      url: `${place.objectsUrl}/${encodeURIComponent(name)}?fields=${FIELDS}`,
      signal,
    });
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw refusal(answer, "read the object's properties", place.bucket);
    return readObject(answer);
  });
}
