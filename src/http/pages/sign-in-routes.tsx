import { setTimeout as pause } from "node:timers/promises";
import { Hono } from "hono";
import type { HttpDeps } from "../deps.ts";
import type { Sessions } from "../session.ts";
import { createFailedSignIns } from "./failed-sign-ins.ts";
import { formOf, textsOf } from "./form.ts";
import { type Guard, safePath } from "./guard.ts";
import { SignInPage } from "./sign-in.tsx";
import type { Show } from "./view.ts";

/** What a guesser waits; see failed-sign-ins.ts. */
const TOO_MANY_MS = 1000;

interface Parts extends Pick<HttpDeps, "log"> {
  sessions: Sessions;
  guard: Guard;
}

/** Coming in with the admin token, and going out: what is open to anybody. */
export function createSignInRoutes({ log, sessions, guard }: Parts, show: Show): Hono {
  const failed = createFailedSignIns();
  const app = new Hono();

  app.get("/sign-in", (c) => {
    const next = safePath(c.req.query("next"));
    const body = <SignInPage next={next} refusal={undefined} />;
    return show(c, { title: "Sign in", room: undefined, body });
  });

  app.post("/sign-in", async (c) => {
    const { next: asked, token } = textsOf(await formOf(c));
    const next = safePath(asked);
    if (token !== undefined && sessions.admits(token.trim())) {
      guard.begin(c);
      return c.redirect(next, 303);
    }
    log.warn("A sign-in with a wrong token was refused");
    const tooMany = failed.tooMany();
    if (tooMany) await pause(TOO_MANY_MS);
    const refusal = tooMany
      ? "That is not the admin token, and there were many wrong ones within a minute. Wait a little."
      : "That is not the admin token.";
    const body = <SignInPage next={next} refusal={refusal} />;
    return show(c, { title: "Sign in", room: undefined, body }, tooMany ? 429 : 401);
  });

  app.post("/sign-out", (c) => {
    guard.end(c);
    return c.redirect("/sign-in", 303);
  });
  return app;
}
