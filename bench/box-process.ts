import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type SandboxBox, startBox } from "../sandbox/box/start.ts";
import type { Expected } from "./gcs-process.ts";
import { answerParent, type Calls } from "./processes.ts";

export interface BoxAccess {
  url: string;
  downloadHost: string;
  ccg: SandboxBox["ccg"];
}

export interface BoxCalls extends Calls {
  start(options: { folder: string }): Promise<BoxAccess>;
  /** A folder of so many files, each of its own random bytes. */
  fill(options: {
    files: number;
    sizeBytes: number;
  }): Promise<{ folderId: string; versions: Expected[] }>;
  /** A token good for an hour, as a person would paste it. */
  token(): string;
  /** Requests by kind since the last time of asking. */
  requests(): Record<string, number>;
}

let box: SandboxBox | undefined;
const started = () => {
  if (!box) throw new Error("bug: not started");
  return box;
};

const calls: BoxCalls = {
  async start({ folder }) {
    box = await startBox({
      root: join(folder, "box"),
      state: join(folder, "box-state"),
      watch: false,
    });
    const { url, downloadHost, ccg } = box;
    return { url, downloadHost, ccg };
  },

  async fill({ files, sizeBytes }) {
    const { account } = started();
    const folder = await account.createFolder({ parentId: "0", name: "Plates" });
    const versions: Expected[] = [];
    for (let n = 0; n < files; n++) {
      const name = `plate ${String(n).padStart(6, "0")}.csv`;
      const bytes = randomBytes(sizeBytes);
      const { file, version } = await account.upload({ parentId: folder.id, name, bytes });
      versions.push({ fileId: file.id, versionId: version.id, sha1: version.sha1 });
    }
    return { folderId: folder.id, versions };
  },

  token: () => started().developerToken(),

  requests() {
    const { calls } = started();
    const counts = calls.byKind();
    calls.reset();
    return counts;
  },
};

answerParent(calls);
