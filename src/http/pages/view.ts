import type { Context } from "hono";
import type { Child } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Room } from "./layout.tsx";

/** What stands in the frame of a page. */
export interface View {
  title: string;
  /** Where we are; undefined for a page that leads nowhere else. */
  room: Room | undefined;
  body: Child;
}

/** Answers with a page, in its frame. */
export type Show = (
  c: Context,
  view: View,
  status?: ContentfulStatusCode,
) => Response | Promise<Response>;
