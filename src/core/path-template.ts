/** Reads metadata from the folders that a file lies in. */
export interface PathTemplate {
  /** The fields that it reads, in their order. */
  fields: readonly string[];
  /** Total over any folder names; `folders` run from the source's folder, itself not among them, down. */
  read(folders: readonly string[]): PathReading;
}

export interface PathReading {
  /** What could be read, also of a path that does not fit. */
  fields: Record<string, string>;
  /** Why the path does not fit, in words for a person; undefined when it does. */
  misfit: string | undefined;
}

/** By field, the values that it may have; a field that is absent may have any. */
export type AllowedValues = ReadonlyMap<string, readonly string[]>;

/** What a field may be called, in a template and among those of the organisation. */
export const FIELD_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

const LONGEST_TEMPLATE = 500;
const MOST_FIELDS = 20;
/** More, and a name could be divided in too many ways to try them all. */
const MOST_IN_ONE_FOLDER = 3;
/** A folder's name in a misfit; Box allows 255 characters. */
const SHOWN_NAME = 60;

/** One folder of a template: what its name must be like, and which fields that gives. */
interface FolderPattern {
  text: string;
  pattern: RegExp;
  fields: string[];
}

/** What is wrong with a path template, for the person who wrote it; `undefined` when it can be used. */
export function faultOfPathTemplate(text: string): string | undefined {
  if (text.trim() === "") return "is empty";
  if (text.length > LONGEST_TEMPLATE) return `is longer than ${LONGEST_TEMPLATE} characters`;
  if (/\p{Cc}/u.test(text)) return "holds a control character";
  if (!text.isWellFormed()) return "holds half of a character";
  const folders = text.split("/");
  if (folders.includes(""))
    return "begins or ends with a slash, or holds two: it names folders below the source's folder, as in {study}/{project}/**";
  if (folders.filter((folder) => folder === "**").length > 1)
    return "holds ** twice: only one part of a path can be of any depth";
  const fault = folders.map(faultOfFolder).find((found) => found !== undefined);
  if (fault !== undefined) return fault;
  const fields = folders.flatMap(fieldsIn);
  if (fields.length === 0) return "reads no field: write one as {study}";
  if (fields.length > MOST_FIELDS) return `reads more than ${MOST_FIELDS} fields`;
  const twice = fields.find((field, index) => fields.indexOf(field) !== index);
  return twice === undefined ? undefined : `reads {${twice}} twice`;
}

function faultOfFolder(folder: string): string | undefined {
  if (folder === "*" || folder === "**") return undefined;
  const odd = fieldsIn(folder).find((field) => !FIELD_NAME.test(field));
  if (odd !== undefined)
    return `reads {${odd}}, which is no name of a field: 1 to 64 of A-Z a-z 0-9 _ . -, the first a letter or digit`;
  if (/[{}]/.test(folder.replaceAll(FIELD, "")))
    return `has a brace without its pair in "${folder}"`;
  if (folder.includes("*"))
    return `has an asterisk in "${folder}": * and ** stand for whole folders`;
  if (fieldsIn(folder).length > MOST_IN_ONE_FOLDER)
    return `reads more than ${MOST_IN_ONE_FOLDER} fields from one folder, "${folder}"`;
  if (/\}\{/.test(folder))
    return `has two fields side by side in "${folder}": put a character between them`;
  return undefined;
}

/**
 * A template such as `{study}/{project}/**` over the folders below a source's folder. Each part is one
 * folder: its name, fields in braces with what stands around them (`run-{run}`), `*` for any folder,
 * or `**`, once, for any number of them. Names are compared as Box does, whatever their case. Where
 * several fields share a folder's name, an earlier one takes as little as it can. A value that is not
 * `allowed`, to the letter, is read, and does not fit.
 *
 * The template must have passed `faultOfPathTemplate`.
 */
export function compilePathTemplate(
  text: string,
  allowed: AllowedValues = new Map(),
): PathTemplate {
  const parts = text.split("/");
  const open = parts.indexOf("**");
  const head = (open === -1 ? parts : parts.slice(0, open)).map(patternOf);
  const tail = (open === -1 ? [] : parts.slice(open + 1)).map(patternOf);
  const depth = head.length + tail.length;

  return {
    fields: parts.flatMap(fieldsIn),
    read(folders) {
      const lastOf = folders.length - tail.length;
      const deepEnough = folders.length >= depth;
      const misfit =
        deepEnough && (open !== -1 || folders.length === depth)
          ? undefined
          : `lies ${folders.length} deep, and ${text} wants ${open === -1 ? depth : `${depth} or more`}`;
      const readings = [
        ...head.map((pattern, index) => readFolder(pattern, folders[index])),
        // From the end only where the two ends do not share a folder.
        ...(deepEnough
          ? tail.map((pattern, index) => readFolder(pattern, folders[lastOf + index]))
          : []),
      ];
      const fields = readings.flatMap((reading) => reading.fields);
      return {
        fields: Object.fromEntries(fields),
        misfit:
          misfit ??
          readings.find((reading) => reading.misfit !== undefined)?.misfit ??
          fields.map(([field, value]) => outsideOf(allowed, field, value)).find(Boolean),
      };
    },
  };
}

function outsideOf(allowed: AllowedValues, field: string, value: string): string | undefined {
  const values = allowed.get(field);
  if (values === undefined || values.includes(value)) return undefined;
  return `"${shown(value)}" is not a value that the organisation allows for {${field}}`;
}

function readFolder({ text, pattern, fields }: FolderPattern, name: string | undefined) {
  if (name === undefined) return { fields: [], misfit: undefined };
  const found = pattern.exec(name);
  if (!found) return { fields: [], misfit: `the folder "${shown(name)}" is not like ${text}` };
  return {
    fields: fields.map((field, index) => [field, found[index + 1] ?? ""] as const),
    misfit: undefined,
  };
}

const FIELD = /\{([^{}]*)\}/g;

const fieldsIn = (text: string) => [...text.matchAll(FIELD)].map(([, field = ""]) => field);

function patternOf(text: string): FolderPattern {
  const literal = (part: string) => part.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  const source =
    text === "*"
      ? ".*"
      : text
          .split(FIELD)
          // Splitting by a group leaves the fields at odd places.
          .map((part, index) => (index % 2 === 1 ? "(.+?)" : literal(part)))
          .join("");
  return { text, pattern: new RegExp(`^${source}$`, "isu"), fields: fieldsIn(text) };
}

const shown = (name: string) =>
  name.length > SHOWN_NAME ? `${name.slice(0, SHOWN_NAME).toWellFormed()}…` : name;
