import { StartError } from "./home.ts";

interface SandboxAccess {
  ccg: { clientId: string; clientSecret: string; enterpriseId: string };
  signatureKeys: { primary: string; secondary: string };
  account: { list(folderId: string): { type: string; id: string; name: string }[] };
}

interface Listed {
  items: { id: string; name: string }[];
}

/**
 * Links the sandbox account and registers its Inbox as the source `inbox`, through the same API as
 * anybody would; at the second start both are there and nothing is done.
 */
export async function registerInbox(url: string, token: string, name: string, box: SandboxAccess) {
  const api = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok)
      throw new StartError(`${method} ${path} was refused: ${await response.text()}`);
    return (await response.json()) as T;
  };
  const accounts = await api<Listed>("GET", "/api/accounts?limit=200");
  if (accounts.items.some((account) => account.name === name)) return;

  const { clientId, clientSecret, enterpriseId } = box.ccg;
  const account = await api<{ id: string }>("POST", "/api/accounts", {
    name,
    auth: { kind: "ccg", clientId, clientSecret, subject: "enterprise", subjectId: enterpriseId },
    signatureKeys: box.signatureKeys,
  });
  const inbox = box.account
    .list("0")
    .find((item) => item.name === "Inbox" && item.type === "folder");
  if (!inbox) throw new StartError("The sandbox Box has not noticed its Inbox folder");
  const sources = await api<Listed>("GET", "/api/sources?limit=200");
  const taken = sources.items.some((source) => source.name === "inbox");
  await api("POST", "/api/sources", {
    accountId: account.id,
    name: taken ? `inbox of ${name}` : "inbox",
    description: "What is dropped into the Inbox folder",
    folderId: inbox.id,
    tags: ["sandbox"],
  });
}
