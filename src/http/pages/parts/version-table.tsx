import type { StoredVersion } from "../../../db/version-search.ts";
import { count, size } from "../format.ts";
import { Moment } from "./moment.tsx";
import { Name } from "./name.tsx";
import { State } from "./state.tsx";
import { Trouble } from "./trouble.tsx";

/** Versions of one source; on a narrow screen every row becomes a block of its own. */
export const VersionTable = ({ versions, now }: { versions: StoredVersion[]; now: Date }) => (
  <table class="rows versions">
    <thead>
      <tr>
        <th scope="col">Path</th>
        <th scope="col" class="number">
          Size
        </th>
        <th scope="col">State</th>
        <th scope="col">Door</th>
        <th scope="col">Seen</th>
        <th scope="col">Stored</th>
      </tr>
    </thead>
    <tbody>
      {versions.map((version) => (
        <Row version={version} now={now} />
      ))}
    </tbody>
  </table>
);

const Row = ({ version, now }: { version: StoredVersion; now: Date }) => {
  const failed = version.state === "waiting" || version.state === "given_up";
  return (
    <tr id={`object-${version.objectId}`}>
      <th scope="row">
        <a href={`/versions/${version.objectId}`}>
          <Name text={version.path} />
        </a>
        {version.misfit !== null && (
          <p class="aside">Does not fit: {<Name text={version.misfit} />}</p>
        )}
        {failed && <Trouble reason={version.failureReason} hint={version.hint} />}
      </th>
      <td class="number">
        <span title={`${count(version.sizeBytes)} bytes`}>{size(version.sizeBytes)}</span>
      </td>
      <td>
        <State of={version.state} />
      </td>
      <td>{version.door}</td>
      <td data-name="Seen">
        <Moment at={version.seenAt} now={now} />
      </td>
      <td data-name="Stored">
        {version.storedAt ? <Moment at={version.storedAt} now={now} /> : <Nothing />}
      </td>
    </tr>
  );
};

const Nothing = () => <span class="nothing">not yet</span>;
