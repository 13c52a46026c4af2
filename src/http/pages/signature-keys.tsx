import type { AccountSummary } from "../../db/account-list.ts";
import { Moment } from "./parts/moment.tsx";
import { Name } from "./parts/name.tsx";

export interface SignatureKeysProps {
  account: Pick<AccountSummary, "id" | "name" | "hasSignatureKeys">;
  /** Until when the pair before is accepted; undefined where there is none. */
  until: Date | undefined;
  /** Which key was replaced just now, for whom the next step is shown. */
  replaced?: string | undefined;
  refusal?: string | undefined;
  now: Date;
}

/**
 * The keys with which Box signs an account's deliveries: entered, or replaced one after the other. Box
 * signs with both, so one that fits is enough while the other is under way.
 */
export const SignatureKeysPage = (props: SignatureKeysProps) => {
  const { account, until, replaced, refusal, now } = props;
  return (
    <section class="sign-in">
      <h1>Signature keys</h1>
      <p>
        <Name text={account.name} />: {account.hasSignatureKeys ? "both keys are known." : NONE}
        {until && (
          <>
            {" "}
            Deliveries signed with the keys before are accepted until{" "}
            <Moment at={until} now={now} />.
          </>
        )}
      </p>
      {refusal && (
        <p id="refusal" class="refusal" role="alert">
          {refusal}
        </p>
      )}
      {account.hasSignatureKeys ? (
        <>
          <p>
            <output>{NEXT[replaced ?? ""] ?? NEXT[""]}</output>
          </p>
          <KeyForm {...props} step="1. Reset the primary key, then enter it" names={["primary"]} />
          <KeyForm
            {...props}
            step="2. Reset the secondary key, then enter it"
            names={["secondary"]}
          />
          <p>
            Both are reset in Box's Developer Console under <em>Webhooks</em>,{" "}
            <em>Manage signature keys</em>. For a key that leaked:{" "}
            <code>PUT /api/accounts/{account.id}/signature-keys</code> with{" "}
            <code>"graceMs": 0</code>.
          </p>
        </>
      ) : (
        <KeyForm
          {...props}
          step="Generate both in the Developer Console under Webhooks, Manage signature keys"
          names={["primary", "secondary"]}
        />
      )}
      <p>
        <a href="/accounts">To the accounts</a>
      </p>
    </section>
  );
};

const NONE = "no keys are known, so its folders are polled only.";

const NEXT: Record<string, string> = {
  "": "One after the other: Box signs each delivery with both, and one that fits is enough.",
  primary: "The primary key is replaced. Now reset the secondary one.",
  secondary: "The secondary key is replaced.",
};

type KeyName = "primary" | "secondary";
const LABELS: Record<KeyName, string> = {
  primary: "Primary signature key",
  secondary: "Secondary signature key",
};

interface KeyFormProps extends SignatureKeysProps {
  step: string;
  names: KeyName[];
}

const KeyForm = ({ account, refusal, step, names }: KeyFormProps) => (
  <form method="post" action={`/accounts/${account.id}/keys`} autocomplete="off">
    <h2>{step}</h2>
    {names.map((name) => (
      <label>
        {LABELS[name]}
        <input
          name={name}
          type="password"
          required
          autocomplete="off"
          spellcheck={false}
          aria-describedby={refusal ? "refusal" : undefined}
        />
      </label>
    ))}
    <button type="submit" class="primary">
      {names.length === 1 ? `Replace the ${names[0]} key` : "Enter both keys"}
    </button>
  </form>
);
