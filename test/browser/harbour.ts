import { once } from "node:events";
import { serve } from "@hono/node-server";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import type { Database } from "../../src/db/open.ts";
import type { BoxClients } from "../../src/operations/box-clients.ts";
import { ADMIN_TOKEN, openPages } from "../http/pages/desk.ts";

/** Debian's Chromium, told to leave the network and the graphics card alone. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });

/** The pages on a port of their own, for a browser to open; over a Box, if one is given. */
export async function servePages(db: Database, boxes?: BoxClients) {
  const server = serve({ fetch: openPages(db, { boxes }).fetch, port: 0, hostname: "127.0.0.1" });
  if (!server.listening) await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
      await once(server, "close");
    },
  };
}

export interface Look {
  width?: number;
  scheme?: "light" | "dark";
  javaScript?: boolean;
}

/** A page of a fresh browser, with what went wrong in it: exceptions, console errors, breaches of the content policy. */
export async function openPage(browser: Browser, url: string, look: Look = {}) {
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width: look.width ?? 1280, height: 900 },
    colorScheme: look.scheme ?? "light",
    javaScriptEnabled: look.javaScript ?? true,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on("pageerror", (error) => troubles.push(`exception: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      troubles.push(`${message.type()}: ${message.text()}`);
  });
  return { page, troubles, close: () => context.close() };
}

/** Fails where somebody could not use the page as it stands, or would have to scroll sideways. */
export async function check(page: Page, what: string, { width }: Look) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
    what,
  ).toEqual([]);
  const wide = await page.evaluate("document.documentElement.scrollWidth");
  expect(wide, `${what} is wider than the screen`).toBe(width);
}

/** Signs in by the form, as a person does. */
export async function signIn(page: Page, token = ADMIN_TOKEN): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("Admin token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
}
