import { Hono } from "hono";
import { randomBytes } from "node:crypto";
import type { ContentLinks } from "../content-links.ts";
import { Refusal } from "../refusal.ts";
import { collaborationRoutes } from "./collaborations.ts";
import { createDoor, type Desk, type Env } from "./door.ts";
import { eventRoutes } from "./events.ts";
import { fileRoutes } from "./files.ts";
import { folderRoutes } from "./folders.ts";
import { Unauthorized } from "./login.ts";
import { oauthRoutes } from "./oauth.ts";
import { sandboxRoutes } from "./sandbox.ts";
import { sharedItemRoutes } from "./shared-items.ts";
import { trashRoutes } from "./trash.ts";
import { uploadSessionRoutes } from "./upload-sessions.ts";
import { uploadRoutes } from "./uploads.ts";
import { userRoutes } from "./users.ts";
import { webhookRoutes } from "./webhooks.ts";

/** Box's API, its token endpoint and its consent page under one origin. */
export function createApp(desk: Desk & { links: ContentLinks; log: (line: string) => void }) {
  const door = createDoor(desk);
  const app = new Hono<Env>();
  app.route("/", oauthRoutes(desk, door));
  app.route("/sandbox", sandboxRoutes(desk));
  // The official clients upload to a host of its own, whose base has "/api" in it.
  const sessions = uploadSessionRoutes(desk, door);
  for (const base of ["/2.0", "/api/2.0"])
    app.route(base, sessions).route(base, uploadRoutes(desk, door));
  app.route("/2.0", trashRoutes(desk, door));
  app.route("/2.0", fileRoutes(desk, door, desk.links));
  app.route("/2.0", folderRoutes(desk, door));
  app.route("/2.0", webhookRoutes(desk, door));
  app.route("/2.0", eventRoutes(desk, door));
  app.route("/2.0", sharedItemRoutes(desk, door));
  app.route("/2.0", userRoutes(desk, door));
  app.route("/2.0", collaborationRoutes(desk, door));
  app.notFound((c) => c.json(clientError(new Refusal(404, "not_found", "Not Found")), 404));
  app.onError((error, c) => {
    if (error instanceof Unauthorized) {
      c.header("www-authenticate", UNAUTHORIZED);
      return c.body(null, 401);
    }
    if (error instanceof Refusal) return c.json(clientError(error), error.status as 400);
    desk.log(`The sandbox failed: ${error.stack ?? error.message}`);
    return c.json(clientError(new Refusal(500, "internal_server_error", "Sandbox failure")), 500);
  });
  return app;
}

const UNAUTHORIZED =
  'Bearer realm="Service", error="invalid_token", error_description="The access token provided is invalid."';

/** https://developer.box.com/reference/resources/client-error/ */
const clientError = ({ status, code, message, context }: Refusal) => ({
  type: "error",
  status,
  code,
  ...(context === null ? {} : { context_info: context }),
  help_url: "http://developers.box.com/docs/#errors",
  message,
  request_id: randomBytes(8).toString("hex"),
});
