import { eq } from "drizzle-orm";
import { accounts } from "../../src/db/schema.ts";
import { grantAccess } from "./consent.ts";
import type { House } from "./house.ts";

/** A browser of few words: it keeps cookies as their attributes say, and follows no redirect. */
export async function openBrowser(house: House) {
  const origin = `http://127.0.0.1:${house.port}`;
  const jar = new Map<string, { value: string; strict: boolean; path: string }>();
  async function ask(path: string, form?: Record<string, string>, from: "here" | "Box" = "here") {
    const sent = [...jar].filter(
      ([, { strict, path: below }]) => path.startsWith(below) && !(strict && from === "Box"),
    );
    const response = await fetch(origin + path, {
      method: form ? "POST" : "GET",
      redirect: "manual",
      headers: {
        origin,
        cookie: sent.map(([name, { value }]) => `${name}=${value}`).join("; "),
      },
      ...(form ? { body: new URLSearchParams(form) } : {}),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      const path = /path=([^;]+)/i.exec(line)?.[1] ?? "/";
      if (/max-age=0/i.test(line)) jar.delete(name);
      else jar.set(name, { value, strict: /samesite=strict/i.test(line), path });
    }
    return {
      status: response.status,
      text: await response.text(),
      cookies: response.headers.getSetCookie(),
    };
  }
  await ask("/sign-in", { token: house.adminToken });
  return {
    ask,
    /** Fills the form; answers where the button leads. */
    async begin(name: string, rest: Record<string, string> = {}) {
      const { clientId, clientSecret } = house.box.ccg;
      const page = await ask("/accounts/link", { name, clientId, clientSecret, ...rest });
      return { ...page, button: buttonOf(page.text) };
    },
    back: (address: string) => {
      const { pathname, search } = new URL(address);
      return ask(pathname + search, undefined, "Box");
    },
    jar,
  };
}

export const buttonOf = (text: string) =>
  (/<a class="primary" href="([^"]+)"/.exec(text)?.[1] ?? "").replaceAll("&amp;", "&");

/** An OAuth 2.0 account, linked as a person does it. Answers its id. */
export async function linkByConsent(house: House, name: string, userId: string): Promise<string> {
  const browser = await openBrowser(house);
  const { button } = await browser.begin(name, house.box.signatureKeys);
  const { status, text } = await browser.back(await grantAccess(button, userId));
  const [row] = await house.db.select().from(accounts).where(eq(accounts.name, name));
  if (status !== 200 || !row) throw new Error(`${name} was not linked: ${status} ${text}`);
  return row.id;
}

/** The button of an account that needs a login again, pressed as this user. */
export async function grantAgain(house: House, accountId: string, userId: string): Promise<void> {
  const browser = await openBrowser(house);
  const page = await browser.ask(`/accounts/${accountId}/grant`, {});
  const { status, text } = await browser.back(await grantAccess(buttonOf(page.text), userId));
  if (status !== 200) throw new Error(`Access was not granted again: ${status} ${text}`);
}
