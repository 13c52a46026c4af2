import type { AccountSummary } from "../../../db/account-list.ts";
import type { FolderFact } from "../../../core/change.ts";
import type { FolderPage } from "../../../operations/browse-folders.ts";
import type { Problem } from "../../problem.ts";
import { address } from "../address.ts";
import { count } from "../format.ts";
import { Name } from "../parts/name.tsx";
import { Pager } from "../parts/pager.tsx";
import { State } from "../parts/state.tsx";
import { Trouble } from "../parts/trouble.tsx";

export const NEW = "/sources/new";
export const NEW_FOLDER = "/sources/new/folder";
export const NEW_RULES = "/sources/new/rules";

/** The first step: whose folder it is. */
export const ChooseAccountPage = ({ accounts }: { accounts: readonly AccountSummary[] }) => (
  <section>
    <h1>New source: whose folder?</h1>
    {accounts.length === 0 ? (
      <p class="empty">
        No Box account is linked yet. <a href="/">The overview</a> says how to link one.
      </p>
    ) : (
      <ul class="picks panel">
        {accounts.map(({ id, name, state, boxLogin }) => (
          <li>
            <a href={address(NEW_FOLDER, { account: id })}>
              <Name text={name} />
            </a>{" "}
            {state !== "linked" && <State of={state} />}
            {boxLogin && (
              <span class="aside">
                <Name text={boxLogin} />
              </span>
            )}
          </li>
        ))}
      </ul>
    )}
  </section>
);

export interface ChooseFolderProps {
  account: { id: string; name: string };
  /** Undefined when Box did not show it; `refusal` says why. */
  found:
    | { path: FolderFact[]; page: FolderPage; parent: string; cursor: string | undefined }
    | undefined;
  refusal: Problem | undefined;
  /** What was pasted. */
  from: string | undefined;
}

/** The second step: which folder, by its address or by looking around. */
export const ChooseFolderPage = ({ account, found, refusal, from }: ChooseFolderProps) => {
  const to = (folder: string, cursor?: string) =>
    address(NEW_FOLDER, { account: account.id, parent: folder, cursor });
  return (
    <section>
      <h1>New source: which folder?</h1>
      <p class="lead">
        As <Name text={account.name} /> sees them. <a href={NEW}>Another account</a>
      </p>
      <form method="get" action={NEW_FOLDER} class="paste">
        <input type="hidden" name="account" value={account.id} />
        <label>
          Its address in Box, or its id
          <input
            type="text"
            name="from"
            value={from}
            placeholder="https://app.box.com/folder/…"
            autocomplete="off"
            spellcheck={false}
            aria-invalid={refusal ? "true" : undefined}
            aria-describedby={refusal ? "refusal" : undefined}
          />
        </label>
        <button type="submit">Find</button>
      </form>
      {refusal && (
        <div id="refusal" class="refusal" role="alert">
          <Trouble reason={refusal.message} hint={refusal.hint} />
          <a href={to("0")}>To the top</a>
        </div>
      )}
      {found && (
        <>
          <Way path={found.path} to={to} />
          <p class="actions">
            <a
              class="primary"
              href={address(NEW_RULES, { account: account.id, folder: found.parent })}
            >
              Take this folder
            </a>
          </p>
          <Folders page={found.page} to={to} />
          <Pager to={found.page.nextMarker && to(found.parent, found.page.nextMarker)}>
            Further folders
          </Pager>
        </>
      )}
    </section>
  );
};

type To = (folder: string) => string;

/** The way down to the folder, each folder above it a link. */
const Way = ({ path, to }: { path: FolderFact[]; to: To }) => (
  <nav aria-label="The way to this folder">
    <ol class="way">
      {path.map(({ folderId, name }, index) => (
        <li>
          {index === path.length - 1 ? (
            <b aria-current="location">
              <Name text={name} />
            </b>
          ) : (
            <a href={to(folderId)}>
              <Name text={name} />
            </a>
          )}
        </li>
      ))}
    </ol>
  </nav>
);

const Folders = ({ page: { folders, files }, to }: { page: FolderPage; to: To }) => (
  <>
    {folders.length === 0 ? (
      <p class="empty">No folder {files > 0 ? "among what is listed here" : "lies in it"}.</p>
    ) : (
      <ul class="picks panel">
        {folders.map(({ folderId, name }) => (
          <li>
            <a href={to(folderId)}>
              <Name text={name} />
            </a>
          </li>
        ))}
      </ul>
    )}
    {files > 0 && (
      <p class="as-of">
        {count(files)} {files === 1 ? "file lies" : "files lie"} beside them.
      </p>
    )}
  </>
);
