import type { MetadataFieldRow } from "../../db/metadata-fields.ts";
import type { FieldForm } from "./metadata-field-forms.ts";
import { Name } from "./parts/name.tsx";
import { Area, Line } from "./source-form/fields.tsx";

/** Where they are. */
export const METADATA_FIELDS = "/metadata-fields";
const addressOf = (name: string) => `${METADATA_FIELDS}/${encodeURIComponent(name)}`;

interface FormProps {
  typed: FieldForm["typed"];
  faults?: FieldForm["faults"] | undefined;
}

export interface MetadataFieldsProps extends FormProps {
  fields: readonly MetadataFieldRow[];
}

/** The metadata that the organisation asks every source for, and a form for another field. */
export const MetadataFieldsPage = ({ fields, ...form }: MetadataFieldsProps) => (
  <>
    <h1>Metadata fields</h1>
    <p class="lead">
      What every source is asked for when it is registered or edited. A source that does not comply
      says so on its page, and goes on working.
    </p>
    {fields.length === 0 ? (
      <p class="empty">No field is asked for yet.</p>
    ) : (
      <ul class="failures">
        {fields.map((field) => (
          <Asked field={field} />
        ))}
      </ul>
    )}
    <section aria-labelledby="another">
      <h2 id="another">Ask for another field</h2>
      <form method="post" action={METADATA_FIELDS} class="rules">
        <Line
          {...of("name", form)}
          label="Name"
          help="Letters, digits and _ . - only. It is the key in the objects' metadata."
          required
        />
        <Asking {...form} />
        <p class="actions">
          <button type="submit" class="primary">
            Add the field
          </button>
        </p>
      </form>
    </section>
  </>
);

const Asked = ({ field }: { field: MetadataFieldRow }) => (
  <li class="failure">
    <div>
      <h2>
        <a href={addressOf(field.name)}>
          <Name text={field.name} />
        </a>
      </h2>
      {field.description && (
        <p>
          <Name text={field.description} />
        </p>
      )}
      <p class="aside">
        {field.required ? "required" : "optional"},{" "}
        {field.allowedValues === null ? (
          "any value"
        ) : (
          <>
            one of <Name text={field.allowedValues.join(", ")} />
          </>
        )}
      </p>
    </div>
    <form method="post" action={`${addressOf(field.name)}/remove`} class="act">
      <button type="submit" aria-label={`Remove ${field.name}`}>
        Remove
      </button>
    </form>
  </li>
);

/** One field of them, to be asked for otherwise: its name stays. */
export const MetadataFieldPage = ({ name, ...form }: FormProps & { name: string }) => (
  <section>
    <h1>
      <Name text={name} />
    </h1>
    <form method="post" action={addressOf(name)} class="rules">
      <Asking {...form} />
      <p class="actions">
        <button type="submit" class="primary">
          Save
        </button>
        <a href={METADATA_FIELDS}>Leave it as it is</a>
      </p>
    </form>
  </section>
);

/** What is asked of a source about a field. */
const Asking = (form: FormProps) => (
  <>
    <Area
      {...of("description", form)}
      label="Description (optional)"
      help="Stands at the field where a source is registered."
      rows={2}
    />
    <label class="tick">
      <input type="checkbox" name="required" checked={form.typed["required"] === "on"} />
      Required, unless the path template reads it
    </label>
    <Area
      {...of("allowedValues", form)}
      label="Allowed values (optional)"
      help="One a line. Empty: any value."
      rows={4}
    />
  </>
);

const of = (name: string, { typed, faults }: FormProps) => ({
  name,
  typed,
  faults: faults?.get(name),
});
