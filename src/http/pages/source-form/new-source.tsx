import { address } from "../address.ts";
import { Name } from "../parts/name.tsx";
import { NEW_FOLDER, NEW_RULES } from "./choose.tsx";
import type { FieldsProps } from "./fields.tsx";
import { RulesForm, type Tried } from "./rules-form.tsx";

export interface NewSourceProps extends FieldsProps {
  account: { id: string; name: string };
  folderId: string;
  /** The way down to the folder, as it was chosen. */
  way: string;
  tried: Tried | undefined;
}

/** The third step: the rules of a new source. */
export const NewSourcePage = ({ account, folderId, way, ...form }: NewSourceProps) => (
  <section>
    <h1>New source: its rules</h1>
    <p class="lead">
      Folder <Name text={way} /> of <Name text={account.name} />.{" "}
      <a href={address(NEW_FOLDER, { account: account.id, parent: folderId })}>Another folder</a>
    </p>
    <RulesForm
      {...form}
      action={NEW_RULES}
      save="Register the source"
      aside="Once registered, what lies in the folder is backfilled, and what comes is stored as it comes."
    >
      <input type="hidden" name="account" value={account.id} />
      <input type="hidden" name="folder" value={folderId} />
      <input type="hidden" name="way" value={way} />
    </RulesForm>
  </section>
);
