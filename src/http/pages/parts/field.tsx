import type { Child } from "hono/jsx";
import { Name } from "./name.tsx";

interface FieldProps {
  name: string;
  label: string;
  /** What to write, in a few words. */
  help?: Child;
  /** Why it was refused, in whole sentences. */
  faults?: readonly string[] | undefined;
  children: Child;
}

/** A field of a form with its label, its help, and what was refused about it. */
export const Field = ({ name, label, help, faults = [], children }: FieldProps) => (
  <div class={faults.length > 0 ? "field refused" : "field"}>
    <label for={name}>{label}</label>
    {children}
    {faults.length > 0 && (
      <p class="refusal" id={`${name}-fault`}>
        {faults.map((fault) => (
          <>
            <Name text={fault} />.{" "}
          </>
        ))}
      </p>
    )}
    {help && (
      <p class="aside" id={`${name}-help`}>
        {help}
      </p>
    )}
  </div>
);

/** What ties a control to its field, for those who hear it. */
export const tied = (name: string, faults: readonly string[] | undefined, hasHelp = true) => ({
  id: name,
  name,
  "aria-invalid": faults?.length ? ("true" as const) : undefined,
  "aria-describedby":
    [...(faults?.length ? [`${name}-fault`] : []), ...(hasHelp ? [`${name}-help`] : [])].join(
      " ",
    ) || undefined,
});
