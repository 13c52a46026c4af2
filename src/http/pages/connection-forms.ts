import type { BoxCredentials } from "../../box/credentials.ts";
import { readFolderAddress } from "../../core/folder-address.ts";
import type { FolderId } from "../../core/ids.ts";
import { auth } from "../api/account-schemas.ts";
import { ofFaults } from "../api/faults.ts";
import { Problem } from "../problem.ts";
import type { textsOf } from "./form.ts";

type Texts = ReturnType<typeof textsOf>;

/** The credentials of a form, as the API takes them. Throws a `Problem` that names the fields and quotes none. */
export function readAuth(texts: Texts): BoxCredentials {
  const { config } = texts;
  const typed = Object.entries(texts).filter(([name]) => name !== "folder" && name !== "config");
  const file = config === undefined ? {} : { config: jsonIn(config) };
  const read = auth.safeParse({ ...Object.fromEntries(typed), ...file });
  if (read.success) return read.data;
  const { errors = [] } = ofFaults("json", read.error);
  const faults = errors.map(({ pointer, detail }) => `${pointer.slice(1)} ${detail}`.trim());
  throw new Problem(400, `Enter again: ${faults.join("; ")}`);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem(400, "The file is not JSON", {
      hint: "Paste it whole, from its first brace to its last.",
    });
  }
}

/** The folder that a form names by its id or its address at Box, if it names one; throws `invalid` for neither. */
export const folderIn = ({ folder = "" }: Texts): FolderId | undefined =>
  folder.trim() === "" ? undefined : readFolderAddress(folder);
