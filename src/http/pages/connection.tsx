import type { Child } from "hono/jsx";
import type { ConnectionReport } from "../../operations/test-connection.ts";
import { ConnectionReportList } from "./parts/connection-report.tsx";
import { Name } from "./parts/name.tsx";
import { Trouble } from "./parts/trouble.tsx";

/** What came of a test: a report, or why there is none. */
export interface Tested {
  report?: ConnectionReport | undefined;
  refusal?: { reason: string; hint: string | undefined } | undefined;
}

interface AccountTestProps extends Tested {
  account: { id: string; name: string };
}

/** What Box lets an account do, and the form that asks again, for a folder too. */
export const AccountTestPage = ({ account, ...tested }: AccountTestProps) => (
  <>
    <h1>
      Test connection: <Name text={account.name} />
    </h1>
    <Answer {...tested} />
    <div class="sign-in">
      <TestForm action={`/accounts/${account.id}/test`} title="Test again" />
      <p>
        <a href="/accounts">To the accounts</a>
      </p>
    </div>
  </>
);

/** Credentials tried before an account is linked with them; nothing that was typed is shown again. */
export const TrialPage = (tested: Tested) => (
  <>
    <h1>Test credentials</h1>
    <p class="lead">
      Nothing of them is kept. What passes is linked by <code>POST /api/accounts</code>; a person's
      own access is <a href="/accounts/link">linked with Box</a>, and tested after that.
    </p>
    <Answer {...tested} />
    <div class="sign-in">
      <TestForm action={TRIAL} title="A developer token" kind="developerToken">
        <Secret label="Developer token" name="token" />
      </TestForm>
      <TestForm action={TRIAL} title="A service account, or a user (client credentials)" kind="ccg">
        <Text label="Client ID" name="clientId" />
        <Secret label="Client secret" name="clientSecret" />
        <label>
          It speaks for
          <select name="subject">
            <option value="enterprise">the enterprise's service account</option>
            <option value="user">a user</option>
          </select>
        </label>
        <Text label="Enterprise ID, or the user's id" name="subjectId" />
      </TestForm>
      <TestForm action={TRIAL} title="An application's key (JWT)" kind="jwt">
        <label>
          The JSON file of Generate a Public/Private Keypair, whole
          <textarea name="config" rows={4} required autocomplete="off" spellcheck={false} />
        </label>
      </TestForm>
    </div>
  </>
);

/** Where credentials are tried. */
export const TRIAL = "/accounts/test";

const Answer = ({ report, refusal }: Tested) => (
  <>
    {refusal && (
      <div class="refusal panel" role="alert">
        <Trouble {...refusal} />
      </div>
    )}
    {report && <ConnectionReportList of={report} />}
  </>
);

interface TestFormProps {
  action: string;
  title: string;
  kind?: string;
  children?: Child;
}

const TestForm = ({ action, title, kind, children }: TestFormProps) => (
  <form method="post" action={action} autocomplete="off">
    <h2>{title}</h2>
    {kind && <input type="hidden" name="kind" value={kind} />}
    {children}
    <Text label="Look at this folder, too: its id or address (optional)" name="folder" optional />
    <button type="submit" class="primary">
      Test connection
    </button>
  </form>
);

interface TextProps {
  label: string;
  name: string;
  optional?: boolean;
}

const Text = ({ label, name, optional }: TextProps) => (
  <label>
    {label}
    <input name={name} type="text" required={!optional} autocomplete="off" spellcheck={false} />
  </label>
);

const Secret = ({ label, name }: TextProps) => (
  <label>
    {label}
    <input name={name} type="password" required autocomplete="off" spellcheck={false} />
  </label>
);
