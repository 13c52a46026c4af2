import type { View } from "./view.ts";

/** The answer to an address that names nothing, or nothing any more. */
export const notFound = (what: string): View => ({
  title: "Not found",
  room: "overview",
  body: (
    <section>
      <h1>Not found</h1>
      <p>
        There is no such {what}, or it was deleted. Everything that there is starts at the{" "}
        <a href="/">overview</a>.
      </p>
    </section>
  ),
});
