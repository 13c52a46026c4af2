import { setTimeout as pause } from "node:timers/promises";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { html } from "hono/html";
import { describeError } from "../../log.ts";
import { replay } from "../../operations/replay.ts";
import { loadAssets } from "../assets.ts";
import type { HttpDeps } from "../deps.ts";
import { createSessions } from "../session.ts";
import { createAccountRoutes } from "./account-routes.tsx";
import { BrokenPage } from "./broken.tsx";
import { DeliveriesPage } from "./deliveries.tsx";
import { DoorsPage } from "./doors.tsx";
import { EventsPage } from "./events.tsx";
import { createFailedSignIns } from "./failed-sign-ins.ts";
import { FailuresPage } from "./failures.tsx";
import { createGuard, safePath } from "./guard.ts";
import { IncidentsPage } from "./incidents.tsx";
import { Layout } from "./layout.tsx";
import { createKeyRoutes } from "./key-routes.tsx";
import { createLinkRoutes } from "./link-routes.tsx";
import { notFound } from "./not-found.tsx";
import { OverviewPage } from "./overview.tsx";
import { Notice, ReplayNotice } from "./parts/notice.tsx";
import { pageQuery, replayForm } from "./query.ts";
import { readDoors } from "./read-doors.ts";
import {
  readDeliveries,
  readEvents,
  readFailures,
  readIncidents,
  readOverview,
  readVersion,
} from "./rooms.ts";
import { SignInPage } from "./sign-in.tsx";
import { createEditRoutes } from "./source-form/edit-routes.tsx";
import { createNewSourceRoutes } from "./source-form/routes.tsx";
import { createSourceRoutes } from "./source-routes.tsx";
import { VersionPage } from "./version.tsx";
import type { Show } from "./view.ts";

/** Everything below these is ours; whoever mounts the pages keeps the rest. */
const OPEN = ["/sign-in", "/assets/*", "/oauth/box/callback"];
const ROOMS = [
  "/",
  "/accounts/*",
  "/sources/*",
  "/versions/*",
  "/incidents",
  "/failures",
  "/doors",
  "/deliveries",
  "/events",
];
const ACTIONS = ["/sign-in", "/sign-out", "/replays", "/sources/*", "/accounts/*"];

/** Far above a replay of all that a page shows. */
const LARGEST_FORM_BYTES = 256 * 1024;
const A_YEAR = "public, max-age=31536000, immutable";
/** What a guesser waits; see failed-sign-ins.ts. */
const TOO_MANY_MS = 1000;

/**
 * The pages for people, to be mounted at `/`: server-made, behind the admin token, and complete
 * without JavaScript. Reads change nothing; what changes something is a POST from a page of ours.
 */
export function createPages(deps: HttpDeps): Hono {
  const { db, log, publicUrl } = deps;
  const assets = loadAssets();
  const sessions = createSessions(deps.adminToken);
  const failed = createFailedSignIns();
  const guard = createGuard(sessions, publicUrl);
  const app = new Hono();

  const show: Show = (c, { title, room, body }, status = 200) =>
    c.html(
      html`<!doctype html>${(
          <Layout assets={assets} title={title} room={room}>
            <Told by={c} />
            {body}
          </Layout>
        )}`,
      status,
    );
  app.onError((error, c) => {
    log.error({ error: describeError(error), path: c.req.routePath }, "A page failed");
    return show(c, { title: "Trouble", room: undefined, body: <BrokenPage /> }, 503);
  });

  for (const path of [...OPEN, ...ROOMS, ...ACTIONS]) app.use(path, guard.headers);
  for (const path of ROOMS) app.use(path, guard.signedIn);
  for (const path of ACTIONS)
    app.post(path, guard.ownOrigin, bodyLimit({ maxSize: LARGEST_FORM_BYTES }));

  for (const asset of Object.values(assets))
    app.get(asset.path, (c) =>
      c.body(asset.text, 200, { "content-type": asset.type, "cache-control": A_YEAR }),
    );

  app.get("/sign-in", (c) => {
    const next = safePath(c.req.query("next"));
    const body = <SignInPage next={next} refusal={undefined} />;
    return show(c, { title: "Sign in", room: undefined, body });
  });

  app.post("/sign-in", async (c) => {
    const form = await c.req.parseBody();
    const next = safePath(typeof form["next"] === "string" ? form["next"] : undefined);
    if (typeof form["token"] === "string" && sessions.admits(form["token"].trim())) {
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

  app.get("/", async (c) => {
    const origin = publicUrl ?? new URL(c.req.url).origin;
    const body = <OverviewPage {...await readOverview(deps, origin)} />;
    return show(c, { title: "Overview", room: "overview", body });
  });

  app.get("/versions/:objectId{[1-9][0-9]{0,14}}", async (c) => {
    const found = await readVersion(deps, Number(c.req.param("objectId")));
    if (!found) return show(c, notFound("version"), 404);
    const body = <VersionPage {...found} />;
    return show(c, { title: found.version.path, room: "overview", body });
  });

  app.get("/failures", async (c) => {
    const body = <FailuresPage {...await readFailures(deps, c.req.query("before"))} />;
    return show(c, { title: "Failures", room: "failures", body });
  });

  app.get("/deliveries", async (c) => {
    const body = <DeliveriesPage {...await readDeliveries(deps, pageQuery.parse(c.req.query()))} />;
    return show(c, { title: "Deliveries", room: "deliveries", body });
  });

  app.get("/incidents", async (c) => {
    const body = <IncidentsPage {...await readIncidents(deps, pageQuery.parse(c.req.query()))} />;
    return show(c, { title: "Incidents", room: "incidents", body });
  });

  app.get("/events", async (c) => {
    const body = <EventsPage {...await readEvents(deps, c.req.query("before"))} />;
    return show(c, { title: "Events", room: "events", body });
  });

  app.get("/doors", async (c) => {
    const found = await readDoors(deps, pageQuery.parse(c.req.query()));
    if (!found) return show(c, notFound("source"), 404);
    return show(c, { title: "Doors", room: "doors", body: <DoorsPage {...found} /> });
  });

  app.route("/", createNewSourceRoutes(deps, show));
  app.route("/", createEditRoutes(deps, show));
  app.route("/", createSourceRoutes(deps, show));
  app.route("/", createAccountRoutes(deps, show));
  app.route("/", createLinkRoutes(deps, show));
  app.route("/", createKeyRoutes(deps, show));

  // What no page answers, for who is signed in.
  for (const room of ROOMS.filter((path) => path.endsWith("/*")))
    app.get(room, (c) => show(c, notFound("page"), 404));

  app.post("/replays", guard.signedIn, async (c) => {
    const form = await c.req.formData().catch(() => new FormData());
    const asked = replayForm.safeParse({
      failureIds: form.getAll("failureId"),
      objectIds: form.getAll("objectId"),
    });
    if (!asked.success) return c.text("The form names nothing that can be replayed.\n", 400);
    const { chosen, replayed } = await replay(db, asked.data, false);
    const back = form.get("back");
    const to = new URL(safePath(typeof back === "string" ? back : undefined), c.req.url);
    to.searchParams.set("chosen", String(chosen));
    to.searchParams.set("replayed", String(replayed));
    return c.redirect(to.pathname + to.search, 303);
  });

  return app;
}

/** What the action before has to tell, if this page comes after one. */
const Told = ({ by }: { by: Context }) => {
  const { chosen, replayed, told } = pageQuery.parse(by.req.query());
  if (told !== undefined) return <Notice of={told} />;
  return chosen === undefined || replayed === undefined ? null : (
    <ReplayNotice chosen={chosen} replayed={replayed} />
  );
};
