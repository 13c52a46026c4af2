import { Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { accountId, isUuid } from "../../core/ids.ts";
import { findAccountSummary } from "../../db/account-list.ts";
import type { ConnectionReport } from "../../operations/test-connection.ts";
import { tryAccount, tryCredentials } from "../../operations/try-connection.ts";
import type { HttpDeps } from "../deps.ts";
import { toKnownProblem } from "../to-problem.ts";
import { AccountTestPage, type Tested, TRIAL, TrialPage } from "./connection.tsx";
import { folderIn, readAuth } from "./connection-forms.ts";
import { formOf, textsOf } from "./form.ts";
import { notFound } from "./not-found.tsx";
import type { Show } from "./view.ts";

/** Asking Box what it lets an account, or credentials without one, do. Mounted behind the pages' guard. */
export function createConnectionRoutes(deps: HttpDeps, show: Show): Hono {
  const app = new Hono();
  const find = async (id: string) => (isUuid(id) ? findAccountSummary(deps.db, id) : undefined);
  const trial = (tested: Tested) => ({
    title: "Test credentials",
    room: "accounts" as const,
    body: <TrialPage {...tested} />,
  });

  app.get(TRIAL, (c) => show(c, trial({})));

  app.post(TRIAL, async (c) => {
    const texts = textsOf(await formOf(c));
    const [tested, status] = await answered(() =>
      tryCredentials(deps, {
        auth: readAuth(texts),
        hasSignatureKeys: false,
        folderId: folderIn(texts),
      }),
    );
    return show(c, trial(tested), status);
  });

  app.get("/accounts/:id/test", async (c) => {
    const account = await find(c.req.param("id"));
    if (!account) return show(c, notFound("account"), 404);
    const body = <AccountTestPage account={account} />;
    return show(c, { title: "Test connection", room: "accounts", body });
  });

  app.post("/accounts/:id/test", async (c) => {
    const account = await find(c.req.param("id"));
    if (!account) return show(c, notFound("account"), 404);
    const texts = textsOf(await formOf(c));
    const [tested, status] = await answered(() =>
      tryAccount(deps, accountId(account.id), folderIn(texts)),
    );
    const body = <AccountTestPage account={account} {...tested} />;
    return show(c, { title: "Test connection", room: "accounts", body }, status);
  });
  return app;
}

/** What a test found, or why nothing could be found out; with the status that says which. */
async function answered(
  test: () => Promise<ConnectionReport | undefined>,
): Promise<[tested: Tested, status: ContentfulStatusCode]> {
  try {
    const report = await test();
    return [{ report }, report?.identity ? 200 : 422];
  } catch (error) {
    const { status, message: reason, hint } = toKnownProblem(error);
    return [{ refusal: { reason, hint } }, status];
  }
}
