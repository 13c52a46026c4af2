import type { Child } from "hono/jsx";
import type { Preview } from "../../../operations/preview-source.ts";
import type { EditImpact } from "../../../operations/preview-subject.ts";
import { Name } from "../parts/name.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { Fields, type FieldsProps } from "./fields.tsx";
import { PreviewResult } from "./preview.tsx";

export interface Tried {
  preview: Preview;
  /** What an edit does to what is on record; undefined for a new source. */
  impact: EditImpact | undefined;
}

export interface RulesFormProps extends FieldsProps {
  /** Where it is sent. */
  action: string;
  tried: Tried | undefined;
  /** On the button. */
  save: string;
  /** What saving leads to. */
  aside: string;
  /** What is sent besides the fields. */
  children?: Child;
}

/** The rules of a source, tried as often as one likes before they are saved. */
export const RulesForm = ({ action, tried, save, aside, children, ...fields }: RulesFormProps) => (
  // The browser goes to the answer, which may stand below what was typed.
  <form method="post" action={`${action}#answer`} class="rules">
    {children}
    <Refusal of={fields.refused} />
    <Fields {...fields} />
    {tried && <PreviewResult of={tried.preview} impact={tried.impact} />}
    <p class="actions">
      <button type="submit" name="act" value="preview">
        {tried ? "Preview again" : "Preview"}
      </button>
      <button type="submit" name="act" value="save" class="primary">
        {save}
      </button>
    </p>
    <p class="aside">Nothing is written by a preview. {aside}</p>
  </form>
);

/** That something was refused, above a form; each fault stands at its field. */
const Refusal = ({ of }: { of: FieldsProps["refused"] }) =>
  of === undefined ? null : (
    <div id="answer" class="refusal panel" role="alert">
      <p>
        {of.faults.has("") ? (
          <Name text={of.faults.get("")?.join(". ") ?? ""} />
        ) : (
          "It cannot be like this: see the fields that are marked."
        )}
      </p>
      <Trouble reason={undefined} hint={of.hint} />
    </div>
  );
