import type { Child } from "hono/jsx";
import type { Assets } from "../assets.ts";

const ROOMS = [
  ["overview", "/", "Overview"],
  ["accounts", "/accounts", "Accounts"],
  ["incidents", "/incidents", "Incidents"],
  ["failures", "/failures", "Failures"],
  ["doors", "/doors", "Doors"],
  ["deliveries", "/deliveries", "Deliveries"],
  ["events", "/events", "Events"],
] as const;

export type Room = (typeof ROOMS)[number][0];

/**
 * htmx without what the content policy forbids (its own style sheet, code in attributes), and
 * without showing an error in place of the part that it refreshes: the last good one stays.
 */
const HTMX = JSON.stringify({
  includeIndicatorCSS: false,
  history: false,
  noSwap: [204, 304, "4xx", "5xx"],
});

interface LayoutProps {
  assets: Assets;
  title: string;
  /** Where we are; undefined for a person who is not signed in. */
  room: Room | undefined;
  children: Child;
}

/** The frame of every page. */
export const Layout = ({ assets, title, room, children }: LayoutProps) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      {/* Other sites learn nothing; without it, browsers send `Origin: null` with our own forms. */}
      <meta name="referrer" content="same-origin" />
      <meta name="htmx-config" content={HTMX} />
      <title>{`${title} · Longshore`}</title>
      <link rel="icon" href={assets["icon.svg"].path} type="image/svg+xml" />
      <link rel="stylesheet" href={assets["longshore.css"].path} />
      <script src={assets["htmx.min.js"].path} defer></script>
    </head>
    <body>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="top">
        <a class="brand" href="/">
          <img src={assets["icon.svg"].path} alt="" width="28" height="28" />
          Longshore
        </a>
        {room && <Navigation room={room} />}
      </header>
      <main id="main">{children}</main>
    </body>
  </html>
);

const Navigation = ({ room }: { room: Room }) => (
  <>
    <nav aria-label="Rooms">
      <ul>
        {ROOMS.map(([name, path, words]) => (
          <li>
            <a href={path} aria-current={name === room ? "page" : undefined}>
              {words}
            </a>
          </li>
        ))}
      </ul>
    </nav>
    <form class="sign-out" method="post" action="/sign-out">
      <button type="submit">Sign out</button>
    </form>
  </>
);
