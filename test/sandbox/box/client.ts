import { BoxCcgAuth, BoxClient, BoxDeveloperTokenAuth, CcgConfig } from "box-typescript-sdk-gen";
import { BaseUrls, NetworkSession } from "box-typescript-sdk-gen/networking";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BoxOptions, type SandboxBox, startBox } from "../../../sandbox/box/start.ts";

/** Box's own client, unchanged, aimed at the sandbox. */
export function officialClient(box: SandboxBox, subject: "enterprise" | "user" | "developer") {
  const { clientId, clientSecret, enterpriseId, userId } = box.ccg;
  const config =
    subject === "user"
      ? new CcgConfig({ clientId, clientSecret, userId })
      : new CcgConfig({ clientId, clientSecret, enterpriseId });
  const auth =
    subject === "developer"
      ? new BoxDeveloperTokenAuth({ token: box.developerToken() })
      : new BoxCcgAuth({ config });
  return new BoxClient({ auth, networkSession: networkTo(box) });
}

export function networkTo(box: SandboxBox): NetworkSession {
  const baseUrls = new BaseUrls({
    baseUrl: box.url,
    uploadUrl: `${box.url}/api`,
    oauth2Url: `${box.url}/api/oauth2`,
  });
  return new NetworkSession({ baseUrls });
}

export interface Ground {
  root: string;
  box: SandboxBox;
  /** Stops the sandbox and starts it again on the same folders. */
  restart(options?: Partial<BoxOptions>): Promise<SandboxBox>;
  stop(): Promise<void>;
  remove(): Promise<void>;
}

/** A sandbox on fresh folders. Call `remove` at the end. */
export async function freshBox(options: Partial<BoxOptions> = {}): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), "sandbox-box-"));
  const root = join(folder, "All Files");
  const start = (more: Partial<BoxOptions> = {}) =>
    startBox({ root, state: join(folder, "state"), quietMs: 40, ...options, ...more });
  const ground: Ground = {
    root,
    box: await start(),
    async restart(more) {
      await ground.box.close();
      ground.box = await start(more);
      return ground.box;
    },
    stop: () => ground.box.close(),
    async remove() {
      await ground.box.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return ground;
}
