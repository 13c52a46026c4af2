import type { HttpBindings } from "@hono/node-server";
import type { Call } from "./call.ts";
import type { LoggedRequest } from "./requests.ts";

/** What every route of the sandbox has at hand. */
export interface Env {
  Bindings: HttpBindings;
  Variables: { call: Call; noted: LoggedRequest };
}
