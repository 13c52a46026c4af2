/** Our own trouble, told calmly; the log has the rest. */
export const BrokenPage = () => (
  <section>
    <h1>That did not work</h1>
    <p>
      The trouble is on our side, usually a database that is away for a moment. Nothing was lost:
      try again shortly, and look at the service's log if it stays.
    </p>
  </section>
);
