import { Failure } from "./failure.ts";
import { type FolderId, folderId } from "./ids.ts";

/**
 * The folder that a person means by an id, or by the address that Box shows while they look at it
 * (`https://app.box.com/folder/123`, or under a company's own name). Throws `invalid` with what to
 * paste instead for anything else; whether there is such a folder is for Box to say.
 */
export function readFolderAddress(pasted: string): FolderId {
  const text = pasted.trim();
  if (/^\d{1,30}$/.test(text)) return folderId(text);
  const address = /^https?:\/\//i.test(text) ? text : `https://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/(^|\.)box\.com$/.test(url.hostname))
    throw new Failure("invalid", "This is neither the address of a Box folder nor an id", PASTE);
  const [, now, before] = FOLDER.exec(url.pathname) ?? [];
  const id = now ?? before;
  if (id !== undefined) return folderId(id);
  if (/^\/(s|v)\//.test(url.pathname))
    throw new Failure("invalid", "This is a shared link, which does not tell the folder's id", {
      hint: "Open it in Box, go to the folder itself, and paste the address that the browser shows then.",
    });
  if (/^\/file\/\d+/.test(url.pathname))
    throw new Failure("invalid", "This is the address of a file, not of a folder", {
      hint: "Paste the address of the folder that the file lies in.",
    });
  throw new Failure("invalid", "This address of Box's names no folder", PASTE);
}

/** Below a shared link Box shows a folder's id after all; addresses of some years ago had it elsewhere. */
const FOLDER = /^(?:\/s\/[\w-]+)?\/folder\/(\d{1,30})(?:\/|$)|^\/files\/0\/f\/(\d{1,30})(?:\/|$)/;

const PASTE = {
  hint: "Open the folder in Box and paste its address (https://app.box.com/folder/…), or the number at its end.",
};
