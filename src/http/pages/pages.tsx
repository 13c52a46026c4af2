import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { html } from "hono/html";
import { describeError } from "../../log.ts";
import { type Assets, loadAssets } from "../assets.ts";
import type { HttpDeps } from "../deps.ts";
import { createSessions } from "../session.ts";
import { createAccountRoutes } from "./account-routes.tsx";
import { BrokenPage } from "./broken.tsx";
import { createConnectionRoutes } from "./connection-routes.tsx";
import { createGuard } from "./guard.ts";
import { createIncidentRoutes } from "./incident-routes.ts";
import { Layout } from "./layout.tsx";
import { createKeyRoutes } from "./key-routes.tsx";
import { createLinkRoutes } from "./link-routes.tsx";
import { createMetadataFieldRoutes } from "./metadata-field-routes.tsx";
import { METADATA_FIELDS } from "./metadata-fields.tsx";
import { notFound } from "./not-found.tsx";
import { Notice, ReplayNotice } from "./parts/notice.tsx";
import { pageQuery } from "./query.ts";
import { createReplayRoutes } from "./replay-routes.ts";
import { createRoomRoutes } from "./room-routes.tsx";
import { createSignInRoutes } from "./sign-in-routes.tsx";
import { createEditRoutes } from "./source-form/edit-routes.tsx";
import { createNewSourceRoutes } from "./source-form/routes.tsx";
import { createSourceRoutes } from "./source-routes.tsx";
import type { Show } from "./view.ts";

/** Everything below these is ours; whoever mounts the pages keeps the rest. */
const OPEN = ["/sign-in", "/assets/*", "/oauth/box/callback"];
const SIGNED_IN = [
  "/",
  "/accounts/*",
  "/sources/*",
  "/versions/*",
  "/incidents/*",
  `${METADATA_FIELDS}/*`,
  "/failures",
  "/doors",
  "/deliveries",
  "/events",
];
/** What a form is sent to. */
const ACTIONS = [
  "/sign-in",
  "/sign-out",
  "/replays",
  "/sources/*",
  "/accounts/*",
  "/incidents/*",
  `${METADATA_FIELDS}/*`,
];

/** Far above a replay of all that a page shows. */
const LARGEST_FORM_BYTES = 256 * 1024;
const A_YEAR = "public, max-age=31536000, immutable";

/**
 * The pages for people, to be mounted at `/`: server-made, behind the admin token, and complete
 * without JavaScript. Reads change nothing; what changes something is a POST from a page of ours.
 */
export function createPages(deps: HttpDeps): Hono {
  const assets = loadAssets();
  const sessions = createSessions(deps.adminToken);
  const guard = createGuard(sessions, deps.publicUrl);
  const show = createShow(assets);
  const app = new Hono();

  app.onError((error, c) => {
    deps.log.error({ error: describeError(error), path: c.req.routePath }, "A page failed");
    return show(c, { title: "Trouble", room: undefined, body: <BrokenPage /> }, 503);
  });
  for (const path of [...OPEN, ...SIGNED_IN, ...ACTIONS]) app.use(path, guard.headers);
  for (const path of SIGNED_IN) app.use(path, guard.signedIn);
  for (const path of ACTIONS)
    app.post(path, guard.ownOrigin, bodyLimit({ maxSize: LARGEST_FORM_BYTES }));
  app.post("/replays", guard.signedIn);

  for (const { path, type, text } of Object.values(assets))
    app.get(path, (c) => c.body(text, 200, { "content-type": type, "cache-control": A_YEAR }));

  app.route("/", createSignInRoutes({ log: deps.log, sessions, guard }, show));
  app.route("/", createRoomRoutes(deps, show));
  app.route("/", createNewSourceRoutes(deps, show));
  app.route("/", createEditRoutes(deps, show));
  app.route("/", createSourceRoutes(deps, show));
  app.route("/", createAccountRoutes(deps, show));
  app.route("/", createConnectionRoutes(deps, show));
  app.route("/", createLinkRoutes(deps, show));
  app.route("/", createKeyRoutes(deps, show));
  app.route("/", createMetadataFieldRoutes(deps, show));
  app.route("/", createReplayRoutes(deps));
  app.route("/", createIncidentRoutes(deps));

  // What no page answers, for who is signed in.
  for (const path of SIGNED_IN.filter((one) => one.endsWith("/*")))
    app.get(path, (c) => show(c, notFound("page"), 404));
  return app;
}

/** Puts what a page shows into the frame of all pages, below what the action before has to tell. */
const createShow =
  (assets: Assets): Show =>
  (c, { title, room, body }, status = 200) =>
    c.html(
      html`<!doctype html>${(
          <Layout assets={assets} title={title} room={room}>
            <Told by={c} />
            {body}
          </Layout>
        )}`,
      status,
    );

const Told = ({ by }: { by: Context }) => {
  const { chosen, replayed, told } = pageQuery.parse(by.req.query());
  if (told !== undefined) return <Notice of={told} />;
  return chosen === undefined || replayed === undefined ? null : (
    <ReplayNotice chosen={chosen} replayed={replayed} />
  );
};
