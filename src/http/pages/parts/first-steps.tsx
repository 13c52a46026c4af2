const ACCOUNT = `{"name": "Lab", "auth": {"kind": "ccg", "clientId": "…", "clientSecret": "…",
  "subject": "enterprise", "subjectId": "…"}}`;

/** What to do on the first day: there is no account. */
export const NoAccount = ({ origin }: { origin: string }) => (
  <div class="empty">
    <h2>No Box account is linked yet</h2>
    <p>
      Link one with its client credentials, or with a developer token for a first look. Its folders
      can then be registered as sources.
    </p>
    <Call to={`${origin}/api/accounts`} body={ACCOUNT} />
  </div>
);

/** What to do next: the account has no source. */
export const NoSource = ({ accountId }: { accountId: string }) => (
  <div class="empty">
    <h3>No source yet</h3>
    <p>
      Register a Box folder of this account: what lies in it is listed at once, and everything that
      comes later is stored as it arrives.
    </p>
    <p>
      <a href={`/sources/new/folder?account=${accountId}`}>Choose a folder</a>, or{" "}
      <code>POST /api/sources</code>
    </p>
  </div>
);

const Call = ({ to, body }: { to: string; body: string }) => (
  <pre class="call">
    <code>
      {`curl ${to} \\
  -H "Authorization: Bearer $ADMIN_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '${body}'`}
    </code>
  </pre>
);
