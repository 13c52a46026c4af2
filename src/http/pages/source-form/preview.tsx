import type { Preview, PreviewItem } from "../../../operations/preview-source.ts";
import type { EditImpact } from "../../../operations/preview-subject.ts";
import { count, size } from "../format.ts";
import { Name } from "../parts/name.tsx";
import { Skipped } from "../parts/progress.tsx";

/** How far a preview looks, and how far one does that was asked to look further; in calls to Box. */
export const LOOK = 10;
export const LOOK_FURTHER = 50;
/** How many files of each verdict are shown. */
export const SHOWN = 10;

interface PreviewResultProps {
  of: Preview;
  impact: EditImpact | undefined;
}

/** What a source would make of the files that are there, and an edit of what is on record. */
export const PreviewResult = ({ of, impact }: PreviewResultProps) => {
  const { wanted = NONE, incomplete = NONE, ...against } = of.verdicts;
  const skipped = Object.fromEntries(
    Object.entries(against).map(([rule, sum]) => [rule, sum.files]),
  );
  const looked = of.foldersListed === 1 ? "folder" : "folders";
  return (
    <section id="answer" aria-labelledby="previewed">
      <h2 id="previewed">What it would take</h2>
      <div class="panel">
        <p>
          <b>{count(wanted.files)}</b> {wanted.files === 1 ? "file" : "files"} ({size(wanted.bytes)}
          ) {wanted.files === 1 ? "is" : "are"} wanted
          <Skipped of={skipped} />.
        </p>
        {impact && <Impact of={impact} newly={of.newlyOwed.files} />}
        <p class="aside">
          {of.frontier.length === 0 ? (
            <>
              This is everything that lies there now: {count(of.foldersListed)} {looked}.
            </>
          ) : (
            <>
              Only a part was looked at: {count(of.foldersListed)} {looked}, with{" "}
              {count(of.boxCalls)} calls to Box.{" "}
              <button type="submit" name="act" value="further">
                Look further
              </button>
            </>
          )}
          {of.foldersPassed > 0 &&
            ` ${count(of.foldersPassed)} ${of.foldersPassed === 1 ? "folder below is" : "folders below are"} left out.`}
          {of.misfits > 0 &&
            ` ${count(of.misfits)} ${of.misfits === 1 ? "does" : "do"} not fit the path template: kept, and flagged.`}
          {incomplete.files > 0 &&
            ` Of ${count(incomplete.files)} more Box's listing tells too little: they would be read one by one.`}
        </p>
      </div>
      <Files items={of.items} wanted />
      <Files items={of.items} wanted={false} />
    </section>
  );
};

const NONE = { files: 0, bytes: 0 };

/** What an edit would do, in whole sentences; what would not change is not told. */
const Impact = ({ of, newly }: { of: EditImpact; newly: number }) => (
  <ul>
    {newly > 0 && <li>{count(newly)} of these the source has no object of yet.</li>}
    {of.withdrawn.objects > 0 && (
      <li>
        {versions(of.withdrawn)} that {of.withdrawn.objects === 1 ? "is" : "are"} owed now would be
        withdrawn.
      </li>
    )}
    {of.owedAgain.objects > 0 && (
      <li>
        {versions(of.owedAgain)} that {of.owedAgain.objects === 1 ? "was" : "were"} withdrawn would
        be owed again.
      </li>
    )}
    {of.reread > 0 && (
      <li>
        {count(of.reread)} {of.reread === 1 ? "path" : "paths"} would be read anew for metadata.
      </li>
    )}
    <li>
      {of.storedUntouched === 1
        ? "1 stored version stays as it is."
        : `${count(of.storedUntouched)} stored versions stay as they are.`}
    </li>
    <li>
      {of.backfills === undefined
        ? "The folder would not be listed anew."
        : `The folder would be backfilled anew: ${of.backfills}.`}
    </li>
  </ul>
);

const versions = ({ objects, bytes }: EditImpact["withdrawn"]) =>
  `${count(objects)} ${objects === 1 ? "version" : "versions"} (${size(bytes)})`;

/** The first files that are wanted with their names in the lake, or that are not with the reason. */
const Files = ({ items, wanted }: { items: readonly PreviewItem[]; wanted: boolean }) => {
  const some = items.filter(({ verdict }) => (verdict === "wanted") === wanted);
  return some.length === 0 ? null : (
    <table class="rows previewed">
      <thead>
        <tr>
          <th scope="col">{wanted ? "The first that are wanted" : "The first that are not"}</th>
          <th scope="col" class="number">
            Size
          </th>
          <th scope="col">{wanted ? "Its name in the lake" : "Why"}</th>
        </tr>
      </thead>
      <tbody>
        {some.map((item) => (
          <tr>
            <th scope="row">
              <Name text={item.path} />
            </th>
            <td class="number">{item.sizeBytes === undefined ? "?" : size(item.sizeBytes)}</td>
            <td>
              <span class={wanted ? "id" : undefined}>
                <Name text={(wanted ? item.name : item.why) ?? ""} />
              </span>
              {item.misfit !== undefined && (
                <p class="trouble">
                  <Name text={`Does not fit: ${item.misfit}`} />
                </p>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
};
