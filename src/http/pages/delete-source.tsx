import type { SourceProgress } from "../../db/source-progress.ts";
import { count } from "./format.ts";
import { Name } from "./parts/name.tsx";

/** What the end of a source means, before it is made: it cannot be taken back. */
export const DeleteSourcePage = ({ source }: { source: SourceProgress }) => {
  const { stored, pending, waiting } = source.counts;
  const owed = pending + waiting;
  return (
    <section>
      <h1>
        Delete <Name text={source.name} />?
      </h1>
      <p class="lead">This cannot be taken back. To stop for a while, pause the source instead.</p>
      <form method="post" action={`/sources/${source.id}/delete`} class="rules">
        <ul class="panel">
          <li>Nothing more of folder {<Name text={source.folderName} />} is stored for it.</li>
          <li>
            {stored === 1 ? "1 stored version stays" : `${count(stored)} stored versions stay`} in
            the lake, with all records.
          </li>
          {owed > 0 && (
            <li>
              {owed === 1 ? "1 version that is" : `${count(owed)} versions that are`} still to be
              stored would be withdrawn.
            </li>
          )}
          <li>Its webhook is removed at Box, unless another source has the same folder.</li>
          <li>
            <code>{source.slug}</code>, its part of object names, is never given again: the same
            folder registered anew is stored anew.
          </li>
        </ul>
        <p class="actions">
          <button type="submit" class="danger">
            Delete the source
          </button>
          <a href={`/sources/${source.id}`}>Keep it</a>
        </p>
      </form>
    </section>
  );
};
