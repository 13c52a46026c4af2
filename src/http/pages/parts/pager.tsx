import type { Child } from "hono/jsx";

/** The way to the rest of a list; nothing where `to` says that there is none. */
export const Pager = ({ to, children }: { to: string | undefined; children?: Child }) =>
  to === undefined ? null : (
    <p class="pager">
      <a href={to} rel="next">
        {children ?? "Older"}
      </a>
    </p>
  );
