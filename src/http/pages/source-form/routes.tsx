import { type Context, Hono } from "hono";
import { z } from "zod";
import { accountId, folderId, isUuid } from "../../../core/ids.ts";
import { readFolderAddress } from "../../../core/folder-address.ts";
import { findAccountSummary, listAccounts } from "../../../db/account-list.ts";
import { listMetadataFields } from "../../../db/metadata-fields.ts";
import { listFolders, wayTo } from "../../../operations/browse-folders.ts";
import { previewSource } from "../../../operations/preview-source.ts";
import { draftedSource, firstFolder } from "../../../operations/preview-subject.ts";
import { createSource, type NewSource } from "../../../operations/sources.ts";
import { boxId } from "../../api/fields.ts";
import { newSource } from "../../api/source-schemas.ts";
import type { HttpDeps } from "../../deps.ts";
import { toKnownProblem } from "../../to-problem.ts";
import { address } from "../address.ts";
import { formOf } from "../form.ts";
import { notFound } from "../not-found.tsx";
import type { Show } from "../view.ts";
import {
  ChooseAccountPage,
  ChooseFolderPage,
  type ChooseFolderProps,
  NEW,
  NEW_FOLDER,
  NEW_RULES,
} from "./choose.tsx";
import { refusedBy } from "./faults.ts";
import { NewSourcePage, type NewSourceProps } from "./new-source.tsx";
import { LOOK, LOOK_FURTHER, SHOWN } from "./preview.tsx";
import { askedIn, fixedIn, type Typed, typedIn, UNTOUCHED } from "./typed.ts";

/** What one page of accounts shows; nobody chooses among more by eye. */
const ACCOUNTS = 200;

const folderQuery = z.object({
  parent: boxId.default("0").catch("0"),
  cursor: z.string().min(1).max(2000).optional().catch(undefined),
  from: z.string().trim().min(1).max(2000).optional().catch(undefined),
});

/** Registering a source, page by page: whose folder, which folder, its rules. Mounted behind the guard. */
export function createNewSourceRoutes(deps: HttpDeps, show: Show): Hono {
  const { db, boxes, places } = deps;
  const app = new Hono();
  const accountOf = async (id = "") => (isUuid(id) ? findAccountSummary(db, id) : undefined);

  app.get(NEW, async (c) => {
    const accounts = await listAccounts(db, { limit: ACCOUNTS });
    const body = <ChooseAccountPage accounts={accounts} />;
    return show(c, { title: "New source", room: "overview", body });
  });

  app.get(NEW_FOLDER, async (c) => {
    const account = await accountOf(c.req.query("account"));
    if (!account) return show(c, notFound("account"), 404);
    const { parent, cursor, from } = folderQuery.parse(c.req.query());
    const look = async (): Promise<Pick<ChooseFolderProps, "found" | "refusal">> => {
      try {
        const box = await boxes.of(accountId(account.id));
        const id = from === undefined ? folderId(parent) : readFolderAddress(from);
        const page = await listFolders(box, id, cursor, account.boxLogin);
        const path = page.path ?? (await wayTo(box, id, account.boxLogin));
        return { found: { path, page, parent: id, cursor }, refusal: undefined };
      } catch (error) {
        return { found: undefined, refusal: toKnownProblem(error) };
      }
    };
    const seen = await look();
    const body = <ChooseFolderPage account={account} from={from} {...seen} />;
    return show(c, { title: "New source", room: "overview", body }, seen.refusal?.status);
  });

  app.get(NEW_RULES, async (c) => {
    const account = await accountOf(c.req.query("account"));
    const folder = boxId.safeParse(c.req.query("folder"));
    if (!account || !folder.success) return show(c, notFound("folder"), 404);
    const box = await boxes.of(accountId(account.id)).catch(() => undefined);
    const path = await box
      ?.folder(folderId(folder.data))
      .then((found) => found && [...found.ancestors, found].map(({ name }) => name))
      .catch(() => undefined);
    const typed = { ...UNTOUCHED, name: proposedName(path?.at(-1)) };
    const way = path?.join(" / ") ?? folder.data;
    return form(c, { account, folderId: folder.data, way, typed });
  });

  app.post(NEW_RULES, async (c) => {
    const typed = typedIn(await formOf(c));
    const account = await accountOf(typed["account"]);
    const folder = boxId.safeParse(typed["folder"]);
    if (!account || !folder.success) return show(c, notFound("folder"), 404);
    const at = { account, folderId: folder.data, way: typed["way"] ?? folder.data, typed };
    const metadataFields = await listMetadataFields(db);
    try {
      const wanted = wantedBy(account.id, folder.data, typed, metadataFields);
      if (typed["act"] === "save") {
        const id = await createSource(deps, wanted);
        return c.redirect(address(`/sources/${id}`, { told: "registered" }), 303);
      }
      const preview = await tryOut(wanted, typed["act"] === "further" ? LOOK_FURTHER : LOOK);
      return await form(c, { ...at, tried: { preview, impact: undefined } });
    } catch (error) {
      const refused = refusedBy(error, typed, metadataFields);
      return form(c, { ...at, refused });
    }
  });

  /** The form as the API's body for a new source. Throws zod's error for what the API would not take. */
  function wantedBy(
    account: string,
    folder: string,
    typed: Typed,
    metadataFields: NewSourceProps["metadataFields"],
  ): NewSource {
    const body = { ...askedIn(typed, metadataFields), ...fixedIn(typed, places) };
    const read = newSource.parse({ accountId: account, folderId: folder, ...body });
    return { ...read, accountId: accountId(account), folderId: folderId(folder) };
  }

  async function tryOut(wanted: NewSource, calls: number) {
    const source = await draftedSource(deps, wanted, undefined);
    const box = await boxes.of(wanted.accountId);
    const frontier = await firstFolder(box, wanted.folderId);
    const { accountId } = wanted;
    return previewSource(deps, { accountId, source, frontier, calls, items: SHOWN });
  }

  type Given = Pick<NewSourceProps, "account" | "folderId" | "way" | "typed"> &
    Partial<Pick<NewSourceProps, "refused" | "tried">>;

  async function form(c: Context, given: Given) {
    const metadataFields = await listMetadataFields(db);
    const props = { refused: undefined, tried: undefined, ...given, metadataFields, places };
    const body = <NewSourcePage {...props} />;
    return show(c, { title: "New source", room: "overview", body }, given.refused?.status);
  }
  return app;
}

/** The folder's name, as far as a source may be called like it. */
const proposedName = (name = "") =>
  Array.from(name.replaceAll(/\p{Cc}/gu, " "))
    .slice(0, LONGEST_NAME)
    .join("");
const LONGEST_NAME = 100;
