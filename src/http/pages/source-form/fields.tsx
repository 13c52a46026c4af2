import type { LakeUrl } from "../../../core/addresses.ts";
import type { MetadataFieldRow } from "../../../db/metadata-fields.ts";
import { uriOf } from "../../../operations/check-source.ts";
import { Field, tied } from "../parts/field.tsx";
import type { Refused } from "./faults.ts";
import { metadataName, type Typed } from "./typed.ts";

export interface FieldsProps {
  typed: Typed;
  refused: Refused | undefined;
  /** What the organisation asks every source for. */
  metadataFields: readonly MetadataFieldRow[];
  /** Where objects may go, the usual place first; undefined once that is fixed. */
  places: readonly LakeUrl[] | undefined;
}

/** Everything about a source that a person may write: what it takes, and how that is kept. */
export const Fields = ({ typed, refused, metadataFields, places }: FieldsProps) => {
  const of = (name: string) => ({ name, typed, faults: refused?.faults.get(name) });
  return (
    <>
      <fieldset>
        <legend>What it is</legend>
        <Line {...of("name")} label="Name" required />
        <Area {...of("description")} label="Description (optional)" rows={2} />
      </fieldset>
      <fieldset>
        <legend>What it takes</legend>
        <Area
          {...of("include")}
          label="Include"
          help="One glob a line over the path below the folder, whatever its case, such as **/*.csv. Empty: every file."
        />
        <Area
          {...of("exclude")}
          label="Exclude"
          help="One glob a line, such as **/tmp/**. What matches is left out, though included."
        />
        <label class="tick">
          <input type="checkbox" name="subfolders" checked={typed["subfolders"] === "on"} />
          Sub-folders too
        </label>
        <div class="beside">
          <Line {...of("minBytes")} label="Smallest size" help="Such as 1, 500 kB, 2 GB." />
          <Line {...of("maxBytes")} label="Largest size" help="Empty: any size." />
          <Line {...of("maxAgeDays")} label="No older than, in days" help="When first seen." />
        </div>
        <fieldset class="ticks">
          <legend>Of what is there already</legend>
          <History typed={typed} value="current" label="each file's current version" />
          <History typed={typed} value="all" label="its past versions too" />
          <p class="aside">Versions made from now on are always kept.</p>
        </fieldset>
      </fieldset>
      <fieldset>
        <legend>How it is kept</legend>
        <Line
          {...of("pathTemplate")}
          label="Path template (optional)"
          help="Reads metadata from the folders of a path: {study}/{instrument}/**. What does not fit is kept and flagged."
        />
        {places && (
          <Line
            {...of("nameTemplate")}
            label="Object names (optional)"
            help="Fixed for ever. Such as {study}/{year}/{fileId}-{versionId}{extension}. Empty: the path, then the ids."
          />
        )}
        {places && places.length > 1 && <Place {...of("place")} places={places} />}
        <Area {...of("tags")} label="Tags (optional)" help="One a line." rows={2} />
        {metadataFields.map((field) => (
          <Metadata {...of(metadataName(field.name))} field={field} />
        ))}
        <Area
          {...of("metadata")}
          label={metadataFields.length > 0 ? "Further metadata (optional)" : "Metadata (optional)"}
          help="One a line: key = value. Written with every object."
        />
      </fieldset>
    </>
  );
};

interface ControlProps {
  name: string;
  typed: Typed;
  faults: readonly string[] | undefined;
  label: string;
  help?: string;
}

/** A field of one line. */
export const Line = ({ required, ...props }: ControlProps & { required?: boolean }) => {
  const { name, typed, faults, help } = props;
  return (
    <Field {...props}>
      <input
        {...tied(name, faults, help !== undefined)}
        type="text"
        value={typed[name] ?? ""}
        required={required}
        autocomplete="off"
        spellcheck={false}
      />
    </Field>
  );
};

/** A field of several lines. */
export const Area = ({ rows = 3, ...props }: ControlProps & { rows?: number }) => {
  const { name, typed, faults, help } = props;
  return (
    <Field {...props}>
      <textarea {...tied(name, faults, help !== undefined)} rows={rows} spellcheck={false}>
        {/* A browser drops the first line end of a text area: this one. */}
        {`\n${typed[name] ?? ""}`}
      </textarea>
    </Field>
  );
};

interface HistoryProps {
  typed: Typed;
  value: "current" | "all";
  label: string;
}

const History = ({ typed, value, label }: HistoryProps) => (
  <label class="tick">
    <input type="radio" name="history" value={value} checked={typed["history"] === value} />
    {label}
  </label>
);

const Place = (props: Omit<ControlProps, "label"> & { places: readonly LakeUrl[] }) => (
  <Field {...props} label="Place in the lake" help="Fixed for ever.">
    <select {...tied(props.name, props.faults)}>
      {props.places.map((place, index) => (
        <option value={String(index)} selected={props.typed[props.name] === String(index)}>
          {uriOf(place)}
        </option>
      ))}
    </select>
  </Field>
);

/** A field of the organisation's: with allowed values, one of them is chosen. */
const Metadata = (props: Omit<ControlProps, "label"> & { field: MetadataFieldRow }) => {
  const { name, typed, faults } = props;
  const { required, allowedValues, description } = props.field;
  const label = `${props.field.name}${required ? "" : " (optional)"}`;
  const help = description ?? undefined;
  if (allowedValues === null)
    return <Line {...{ name, typed, faults, label }} {...(help && { help })} />;
  return (
    <Field {...{ name, label, help, faults }}>
      <select {...tied(name, faults, help !== undefined)}>
        {["", ...allowedValues].map((value) => (
          <option value={value} selected={(typed[name] ?? "") === value}>
            {value === "" ? "none" : value}
          </option>
        ))}
      </select>
    </Field>
  );
};
