export interface SignInProps {
  /** A path of ours to go on to. */
  next: string;
  /** Why the last try was refused. */
  refusal: string | undefined;
}

/** The door for people: it asks for the admin token. */
export const SignInPage = ({ next, refusal }: SignInProps) => (
  <section class="sign-in">
    <h1>Sign in</h1>
    <p>
      With the admin token: the value of <code>ADMIN_TOKEN</code> that this service was started
      with.
    </p>
    <form method="post" action="/sign-in">
      <input type="hidden" name="next" value={next} />
      <label>
        Admin token
        <input
          name="token"
          type="password"
          autocomplete="current-password"
          required
          spellcheck={false}
          aria-invalid={refusal ? "true" : undefined}
          aria-describedby={refusal ? "refusal" : undefined}
        />
      </label>
      {refusal && (
        <p id="refusal" class="refusal" role="alert">
          {refusal}
        </p>
      )}
      <button type="submit" class="primary">
        Sign in
      </button>
    </form>
  </section>
);
