import { Storage } from "@google-cloud/storage";
import { BoxClient, BoxDeveloperTokenAuth } from "box-typescript-sdk-gen";
import { BaseUrls, NetworkSession } from "box-typescript-sdk-gen/networking";
import { buffer } from "node:stream/consumers";
import type { BoxAccess } from "../box-process.ts";
import { answerParent, type Calls } from "../processes.ts";

/** One run over one folder. */
export interface Loop {
  box: BoxAccess;
  token: string;
  gcsUrl: string;
  bucket: string;
  folderId: string;
  concurrency: number;
}

export interface LoopCalls extends Calls {
  /** Box's SDK and Google's client, as a script would use them: no database, no proof. */
  libraries(loop: Loop): Promise<void>;
  /** The same loop on `fetch`: the least that listing, downloading and uploading cost in Node. */
  raw(loop: Loop): Promise<void>;
}

interface Row {
  id: string;
  versionId: string;
}

/** Box's most rows a page. */
const PAGE = 1000;

const calls: LoopCalls = {
  async libraries({ box, token, gcsUrl, bucket, folderId, concurrency }) {
    const baseUrls = new BaseUrls({ baseUrl: box.url, uploadUrl: box.url, oauth2Url: box.url });
    const client = new BoxClient({
      auth: new BoxDeveloperTokenAuth({ token }),
      networkSession: new NetworkSession({ baseUrls }),
    });
    const storage = new Storage({
      projectId: "bench",
      apiEndpoint: gcsUrl,
      useAuthWithCustomEndpoint: false,
    });
    const rows = listed(async (marker) => {
      const page = await client.folders.getFolderItems(folderId, {
        queryParams: {
          usemarker: true,
          limit: PAGE,
          fields: ["file_version"],
          ...(marker !== undefined && { marker }),
        },
      });
      const files = (page.entries ?? []).flatMap((entry) =>
        "fileVersion" in entry && entry.fileVersion
          ? [{ id: entry.id, versionId: entry.fileVersion.id }]
          : [],
      );
      return { files, next: page.nextMarker || undefined };
    });
    await inParallel(rows, concurrency, async ({ id, versionId }) => {
      const bytes = await client.downloads.downloadFile(id);
      if (!bytes) throw new Error("Box sent nothing");
      const file = storage.bucket(bucket).file(`${id}-${versionId}.csv`);
      await file.save(await buffer(bytes), { resumable: false });
    });
  },

  async raw({ box, token, gcsUrl, bucket, folderId, concurrency }) {
    const headers = { authorization: `Bearer ${token}` };
    const rows = listed(async (marker) => {
      const query = new URLSearchParams({
        usemarker: "true",
        limit: String(PAGE),
        fields: "file_version",
        ...(marker !== undefined && { marker }),
      });
      const answer = await fetch(`${box.url}/2.0/folders/${folderId}/items?${query.toString()}`, {
        headers,
      });
      const { entries, next_marker } = (await answer.json()) as {
        entries: { id: string; file_version: { id: string } }[];
        next_marker?: string;
      };
      const files = entries.map(({ id, file_version }) => ({ id, versionId: file_version.id }));
      return { files, next: next_marker || undefined };
    });
    await inParallel(rows, concurrency, async ({ id, versionId }) => {
      const download = await fetch(`${box.url}/2.0/files/${id}/content`, { headers });
      const bytes = Buffer.from(await download.arrayBuffer());
      const resource = JSON.stringify({ name: `${id}-${versionId}.csv`, contentType: "text/csv" });
      const upload = await fetch(`${gcsUrl}/upload/storage/v1/b/${bucket}/o?uploadType=multipart`, {
        method: "POST",
        headers: { "content-type": "multipart/related; boundary=b" },
        body: Buffer.concat([
          Buffer.from(`--b\r\nContent-Type: application/json\r\n\r\n${resource}\r\n`),
          Buffer.from("--b\r\nContent-Type: text/csv\r\n\r\n"),
          bytes,
          Buffer.from("\r\n--b--\r\n"),
        ]),
      });
      if (!download.ok || !upload.ok) throw new Error(`${download.status} ${upload.status}`);
      await upload.arrayBuffer();
    });
  },
};

type ReadPage = (marker: string | undefined) => Promise<{ files: Row[]; next: string | undefined }>;

async function* listed(readPage: ReadPage): AsyncGenerator<Row, void> {
  let marker: string | undefined;
  do {
    const { files, next } = await readPage(marker);
    yield* files;
    marker = next;
  } while (marker !== undefined);
}

/** Several consumers of one list; the first failure ends all. */
async function inParallel(
  rows: AsyncGenerator<Row, void>,
  concurrency: number,
  work: (row: Row) => Promise<void>,
): Promise<void> {
  const consume = async () => {
    for (let next = await rows.next(); next.value; next = await rows.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: concurrency }, consume));
}

answerParent(calls);
