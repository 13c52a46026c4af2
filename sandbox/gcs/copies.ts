import { createReadStream } from "node:fs";
import { z } from "zod";
import { receive } from "./bytes.ts";
import type { Generation } from "./generation.ts";
import { invalid } from "./errors.ts";
import type { LakeFiles } from "./files.ts";
import { checkObjectName } from "./names.ts";
import { newStagedName, type Objects } from "./objects.ts";
import { checkPreconditions, type Preconditions } from "./preconditions.ts";
import { mergeFields } from "./resource.ts";
import type { ObjectFields } from "./generation.ts";

/** https://cloud.google.com/storage/docs/json_api/v1/objects/compose */
const MOST_SOURCES = 32;

const composeBody = z.object({
  destination: z.record(z.string(), z.unknown()).default({}),
  sourceObjects: z.array(
    z.object({
      name: z.string(),
      generation: z.coerce.number().int().optional(),
      objectPreconditions: z.object({ ifGenerationMatch: z.coerce.number().int() }).optional(),
    }),
  ),
});

export interface CopyRequest {
  source: Generation;
  bucket: string;
  name: string;
  /** Said about the new object; what is not said is taken from the source. */
  resource: Record<string, unknown>;
  preconditions: Preconditions;
}

/** New objects out of the bytes of others, made and refused like uploads. */
export function createCopies(objects: Objects, files: LakeFiles) {
  /** The bytes are read again and summed again: a copy is proved by itself. */
  async function make(
    sources: Generation[],
    { bucket, name, preconditions }: Omit<CopyRequest, "source" | "resource">,
    fields: ObjectFields,
  ): Promise<Generation> {
    objects.checkBucket(bucket);
    const staged = newStagedName();
    try {
      const received = await receive(joined(sources), files.stagedPath(staged));
      const promised = {};
      return objects.finalise({
        bucket,
        name,
        fields,
        preconditions,
        promised,
        ...received,
        staged,
      });
    } catch (error) {
      files.discard(staged);
      throw error;
    }
  }

  async function* joined(sources: Generation[]): AsyncGenerator<Buffer> {
    for (const source of sources)
      if (source.sizeBytes > 0) yield* createReadStream(files.pathOf(source));
  }

  return {
    copy(request: CopyRequest): Promise<Generation> {
      const { source, resource } = request;
      checkObjectName(request.name);
      const { retentionExpirationTime: _, ...before } = source.fields;
      if (resource["metadata"] !== undefined) delete before.metadata;
      return make([source], request, mergeFields(before, resource));
    },

    /** Several objects of one bucket, one after the other, as one. */
    compose(
      bucket: string,
      name: string,
      body: Record<string, unknown>,
      preconditions: Preconditions,
    ): Promise<Generation> {
      const parsed = composeBody.safeParse(body);
      if (!parsed.success) throw invalid(z.prettifyError(parsed.error));
      const { sourceObjects, destination } = parsed.data;
      if (sourceObjects.length < 1 || sourceObjects.length > MOST_SOURCES)
        throw invalid("The number of source components provided is not between 1 and 32.");
      const sources = sourceObjects.map(({ name: from, generation, objectPreconditions }) => {
        const source = objects.mustExist(bucket, from, generation);
        checkPreconditions(objectPreconditions ?? {}, source, "write");
        return source;
      });
      const componentCount = sources.reduce(
        (sum, { fields }) => sum + (fields.componentCount ?? 1),
        0,
      );
      const fields = { ...mergeFields({}, destination), componentCount };
      return make(sources, { bucket, name: checkObjectName(name), preconditions }, fields);
    },
  };
}

export type Copies = ReturnType<typeof createCopies>;
