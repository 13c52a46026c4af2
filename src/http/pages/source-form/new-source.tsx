import type { Preview } from "../../../operations/preview-source.ts";
import { address } from "../address.ts";
import { Name } from "../parts/name.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { NEW_FOLDER, NEW_RULES } from "./choose.tsx";
import { Fields, type FieldsProps } from "./fields.tsx";
import { PreviewResult } from "./preview.tsx";

export interface NewSourceProps extends FieldsProps {
  account: { id: string; name: string };
  folderId: string;
  /** The way down to the folder, as it was chosen. */
  way: string;
  preview: Preview | undefined;
}

/** The third step: the rules, tried before they are saved. */
export const NewSourcePage = (props: NewSourceProps) => {
  const { account, folderId, way, refused, preview } = props;
  return (
    <section>
      <h1>New source: its rules</h1>
      <p class="lead">
        Folder <Name text={way} /> of <Name text={account.name} />.{" "}
        <a href={address(NEW_FOLDER, { account: account.id, parent: folderId })}>Another folder</a>
      </p>
      <form method="post" action={`${NEW_RULES}#preview`} class="rules">
        <input type="hidden" name="account" value={account.id} />
        <input type="hidden" name="folder" value={folderId} />
        <input type="hidden" name="way" value={way} />
        <Refusal of={refused} />
        <Fields {...props} />
        {preview && <PreviewResult of={preview} />}
        <p class="actions">
          <button type="submit" name="act" value="preview">
            {preview ? "Preview again" : "Preview"}
          </button>
          <button type="submit" name="act" value="save" class="primary">
            Register the source
          </button>
        </p>
        <p class="aside">
          Nothing is written by a preview. Once registered, what lies in the folder is backfilled,
          and what comes is stored as it comes.
        </p>
      </form>
    </section>
  );
};

/** That something was refused, above a form; each fault stands at its field. */
export const Refusal = ({ of }: { of: FieldsProps["refused"] }) =>
  of === undefined ? null : (
    // Where the browser goes after a form that leads to the preview.
    <div id="preview" class="refusal panel" role="alert">
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
