import { Name } from "../parts/name.tsx";
import type { FieldsProps } from "./fields.tsx";
import { RulesForm, type Tried } from "./rules-form.tsx";
import type { SourceRow } from "../../../db/sources.ts";

export interface EditSourceProps extends Omit<FieldsProps, "places"> {
  source: SourceRow;
  tried: Tried | undefined;
}

/** What may be changed about a source: all but its folder and its names and place in the lake. */
export const EditSourcePage = ({ source, ...form }: EditSourceProps) => (
  <section>
    <h1>
      Edit <Name text={source.name} />
    </h1>
    <p class="lead">
      Folder <Name text={source.folderName} />. What is stored stays as it is; object names never
      change. <a href={`/sources/${source.id}`}>Back to the source</a>
    </p>
    <RulesForm
      {...form}
      places={undefined}
      action={`/sources/${source.id}/edit`}
      save="Save"
      aside="Other rules decide everything that is not stored again, and backfill the folder anew."
    />
  </section>
);
