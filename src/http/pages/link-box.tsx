import type { Child } from "hono/jsx";
import { Name } from "./parts/name.tsx";

export interface LinkBoxProps {
  /** What the application must list at Box, to the letter; undefined without a public address. */
  redirectUri: string | undefined;
  refusal: string | undefined;
  name?: string | undefined;
  clientId?: string | undefined;
}

/** The first step of linking an account by OAuth 2.0: which application, under which name. */
export const LinkBoxPage = ({ redirectUri, refusal, name, clientId }: LinkBoxProps) => (
  <section class="sign-in">
    <h1>Link with Box</h1>
    {redirectUri === undefined ? (
      <NoWayBack />
    ) : (
      <>
        <p>
          As a person, with an application of your own: Box Developer Console,{" "}
          <em>Create Platform App</em>, <em>User Authentication (OAuth 2.0)</em>. Tick under{" "}
          <em>Configuration</em> <em>Read</em> and <em>Write all files and folders</em> and{" "}
          <em>Manage webhooks</em>, and enter as <em>Redirect URI</em>, to the letter:
        </p>
        <pre class="call">
          <code>{redirectUri}</code>
        </pre>
        <Form action="/accounts/link" refusal={refusal}>
          <Field label="Name of the account" name="name" value={name} refusal={refusal} />
          <Field label="Client ID" name="clientId" value={clientId} />
          <Field label="Client secret" name="clientSecret" secret />
          <Field label="Primary signature key (optional)" name="primary" secret optional />
          <Field label="Secondary signature key (optional)" name="secondary" secret optional />
        </Form>
        <p>
          Without both keys (<em>Webhooks</em>, <em>Manage signature keys</em>) folders are polled
          only. The connection can be tested once you have granted access. A service account or a
          developer token is <a href="/accounts/test">tested here</a>, and linked by{" "}
          <code>POST /api/accounts</code>.
        </p>
      </>
    )}
  </section>
);

const NoWayBack = () => (
  <p class="refusal" role="alert">
    Box must be able to lead you back here: set <code>PUBLIC_URL</code> and start the service again.
  </p>
);

export interface GrantAgainProps {
  id: string;
  name: string;
  /** Of the application that the account's login was granted to; undefined for other credentials. */
  clientId: string | undefined;
  redirectUri: string | undefined;
  refusal: string | undefined;
}

/** A new login for an account that is there, by its application or another one. */
export const GrantAgainPage = (props: GrantAgainProps) => {
  const { id, name, clientId, redirectUri, refusal } = props;
  return (
    <section class="sign-in">
      <h1>Grant access again</h1>
      {redirectUri === undefined ? (
        <NoWayBack />
      ) : (
        <>
          <p>
            <Name text={name} /> keeps its sources and goes on where it stands. Sign in at Box as
            the same user.{" "}
            {clientId !== undefined &&
              "Leave the secret empty to go on with the one that is known."}
          </p>
          <Form action={`/accounts/${id}/grant`} refusal={refusal}>
            <Field label="Client ID" name="clientId" value={clientId} refusal={refusal} />
            <Field
              label="Client secret"
              name="clientSecret"
              secret
              optional={clientId !== undefined}
            />
          </Form>
          <p>
            For another application, its <em>Redirect URIs</em> must hold <code>{redirectUri}</code>
            , and its <a href={`/accounts/${id}/keys`}>signature keys</a> are entered by themselves.
          </p>
        </>
      )}
    </section>
  );
};

interface FormProps {
  action: string;
  refusal: string | undefined;
  children: Child;
}

const Form = ({ action, refusal, children }: FormProps) => (
  <form method="post" action={action} autocomplete="off">
    {children}
    {refusal && (
      <p id="refusal" class="refusal" role="alert">
        {refusal}
      </p>
    )}
    <button type="submit" class="primary">
      Continue
    </button>
  </form>
);

interface FieldProps {
  label: string;
  name: string;
  value?: string | undefined;
  refusal?: string | undefined;
  secret?: boolean;
  optional?: boolean;
}

const Field = ({ label, name, value, refusal, secret, optional }: FieldProps) => (
  <label>
    {label}
    <input
      name={name}
      type={secret ? "password" : "text"}
      value={value}
      required={!optional}
      autocomplete="off"
      spellcheck={false}
      aria-describedby={refusal ? "refusal" : undefined}
    />
  </label>
);

/**
 * The second step. A link and no redirect of the form: Box may lead a browser over sites of its own
 * or of a company's sign-in, and the policy of our pages lets no form end up there.
 */
export const GrantAccessPage = ({ name, address }: { name: string; address: string }) => (
  <section class="sign-in">
    <h1>Grant access to Box</h1>
    <p>
      Box asks you whether this application may read as you; the account <Name text={name} /> will
      see what you see. You have ten minutes.
    </p>
    <p>
      <a class="primary" href={address}>
        Grant access to Box
      </a>
    </p>
  </section>
);

export interface LinkedPageProps {
  /** The account's name; undefined when nothing was linked. */
  name: string | undefined;
  id?: string;
  refusal?: { detail: string; hint: string | undefined } | undefined;
  /** Where to begin again; with a new account, unless said. */
  begin?: string | undefined;
}

/**
 * Where Box leads back to. A page and no redirect: a browser withholds the session from whatever
 * follows a navigation that began at Box, until somebody clicks here.
 */
export const LinkedPage = ({ name, id, refusal, begin = "/accounts/link" }: LinkedPageProps) => (
  <section class="sign-in">
    {name === undefined ? (
      <>
        <h1>Nothing was linked</h1>
        <p class="refusal" role="alert">
          {refusal?.detail}
        </p>
        {refusal?.hint && <p>{refusal.hint}</p>}
        <p>
          <a href={begin}>Begin again</a>
        </p>
      </>
    ) : (
      <>
        <h1>
          <Name text={name} /> is linked
        </h1>
        <form method="post" action={`/accounts/${id}/test`}>
          <button type="submit">Test connection</button>
        </form>
        <p>
          <a href="/">To the overview</a>
        </p>
      </>
    )}
  </section>
);
