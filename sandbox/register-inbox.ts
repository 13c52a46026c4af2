import { readFile, writeFile } from "node:fs/promises";
import { StartError } from "./home.ts";

interface SandboxAccess {
  ccg: { clientId: string; clientSecret: string; enterpriseId: string };
  signatureKeys: { primary: string; secondary: string };
  account: { list(folderId: string): { type: string; id: string; name: string }[] };
}

interface Listed {
  items: { id: string; name: string }[];
}

export interface InboxOptions {
  /** Where the service is. */
  url: string;
  adminToken: string;
  /** What the account is called. */
  name: string;
  box: SandboxAccess;
  /** Written when all is done, so that a first start that was killed is taken up by the next. */
  doneFile: string;
}

/**
 * Links the sandbox account and registers its Inbox as the source `inbox`, through the same API as
 * anybody would, once in the life of a home: what a person deletes afterwards stays deleted.
 */
export async function registerInbox({ url, adminToken, name, box, doneFile }: InboxOptions) {
  if (await readFile(doneFile).then(Boolean, () => false)) return;
  const api = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok)
      throw new StartError(`${method} ${path} was refused: ${await response.text()}`);
    return (await response.json()) as T;
  };
  const named = async (path: string, wanted: string) =>
    (await api<Listed>("GET", `${path}?limit=200`)).items.find((item) => item.name === wanted);

  const { clientId, clientSecret, enterpriseId } = box.ccg;
  const account =
    (await named("/api/accounts", name)) ??
    (await api<{ id: string }>("POST", "/api/accounts", {
      name,
      auth: { kind: "ccg", clientId, clientSecret, subject: "enterprise", subjectId: enterpriseId },
      signatureKeys: box.signatureKeys,
    }));
  const inbox = box.account
    .list("0")
    .find((item) => item.name === "Inbox" && item.type === "folder");
  if (!inbox) throw new StartError("The sandbox Box has not noticed its Inbox folder");
  const source = name === "Sandbox" ? "inbox" : `inbox of ${name}`;
  if (!(await named("/api/sources", source)))
    await api("POST", "/api/sources", {
      accountId: account.id,
      name: source,
      description: "What is dropped into the Inbox folder",
      folderId: inbox.id,
      tags: ["sandbox"],
    });
  await writeFile(doneFile, "");
}
