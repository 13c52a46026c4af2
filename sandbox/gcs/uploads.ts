import { readText, receive } from "./bytes.ts";
import type { Call } from "./call.ts";
import type { Generation } from "./generation.ts";
import { parseGoogHash, type Sums } from "./checksums.ts";
import { invalid } from "./errors.ts";
import type { LakeFiles } from "./files.ts";
import { parseMultipart } from "./multipart.ts";
import { checkObjectName } from "./names.ts";
import { newStagedName, type Objects } from "./objects.ts";
import type { Preconditions } from "./preconditions.ts";
import { mergeFields, parseJsonObject } from "./resource.ts";
import type { ObjectFields } from "./generation.ts";
import type { Bytes } from "./bytes.ts";

/** What an upload says about its object before the first byte, from address, headers and metadata. */
export interface Intent {
  name: string;
  fields: ObjectFields;
  promised: Partial<Sums>;
}

/**
 * Address and metadata may both name the object and both say its type, but not differently.
 * `contentType` is what the request says about the media.
 */
export function readIntent(call: Call, metadata: string, contentType: string | undefined): Intent {
  const resource = parseJsonObject(metadata);
  const named = resource["name"];
  if (named !== undefined && call.name !== undefined && named !== call.name)
    throw invalid(
      `Value '${JSON.stringify(named)}' in content does not agree with value '${call.name}'. This can happen when a value set through a parameter is inconsistent with a value set in the request.`,
    );
  const name = checkObjectName(call.name ?? (typeof named === "string" ? named : undefined));
  const { searchParams } = new URL(call.incoming.url ?? "", call.origin);
  const contentEncoding = searchParams.get("contentEncoding");
  const fields = mergeFields({}, contentEncoding ? { ...resource, contentEncoding } : resource);
  if (contentType !== undefined) {
    fields.contentType ??= contentType;
    if (fields.contentType !== contentType)
      throw invalid(
        `Content-Type specified in the upload (${contentType}) does not match Content-Type specified in metadata (${String(fields.contentType)}). If it was a resumable upload, Content-Type specified in the upload is the one specified by the X-Upload-Content-Type header.`,
      );
  }
  const promised = parseGoogHash(call.incoming.headers["x-goog-hash"]);
  if (typeof resource["crc32c"] === "string") promised.crc32c = resource["crc32c"];
  if (typeof resource["md5Hash"] === "string") promised.md5Hash = resource["md5Hash"];
  return { name, fields, promised };
}

/** Uploads in one request: https://cloud.google.com/storage/docs/uploading-objects */
export function createSingleUploads(objects: Objects, files: LakeFiles) {
  async function store(
    call: Call,
    bucket: string,
    intent: Intent,
    media: Bytes,
    preconditions: Preconditions,
  ): Promise<Generation> {
    const staged = newStagedName();
    try {
      const received = await receive(call.damaged(media), files.stagedPath(staged));
      return objects.finalise({ bucket, ...intent, preconditions, ...received, staged });
    } catch (error) {
      files.discard(staged);
      throw error;
    }
  }

  return {
    /** The body is the object; everything else is in the address and the headers. */
    async media(call: Call, bucket: string, preconditions: Preconditions): Promise<Generation> {
      const intent = readIntent(call, "", call.incoming.headers["content-type"]);
      return store(call, bucket, intent, call.body, preconditions);
    },

    /** Metadata and object in one body. */
    async multipart(call: Call, bucket: string, preconditions: Preconditions): Promise<Generation> {
      const { metadata, contentType, media } = await parseMultipart(
        call.incoming.headers["content-type"],
        call.body,
      );
      const intent = readIntent(call, metadata, contentType);
      return store(call, bucket, intent, media, preconditions);
    },

    /** The body of a session's first request is the metadata. */
    async resumable(call: Call): Promise<Intent> {
      const type = call.incoming.headers["x-upload-content-type"];
      const metadata = await readText(call.body);
      return readIntent(call, metadata, typeof type === "string" ? type : undefined);
    },
  };
}
