import type { Difference } from "../../../db/completeness.ts";
import { count, size } from "../format.ts";
import { Moment } from "./moment.tsx";
import { Name } from "./name.tsx";
import { State } from "./state.tsx";
import { Trouble } from "./trouble.tsx";

interface DifferenceTableProps {
  differences: readonly Difference[];
  now: Date;
}

/** Versions that the lake is owed and could not take, each with its reason. */
export const DifferenceTable = ({ differences, now }: DifferenceTableProps) => (
  <table class="rows differences">
    <thead>
      <tr>
        <th scope="col">What could not be stored</th>
        <th scope="col" class="number">
          Size
        </th>
        <th scope="col">Why</th>
        <th scope="col">Seen</th>
      </tr>
    </thead>
    <tbody>
      {differences.map((difference) => (
        <tr id={`lacking-${difference.fileId}-${difference.versionId}`}>
          <th scope="row">
            <Name text={difference.path} />
            {!difference.current && <span class="aside"> a past version</span>}
            <Trouble {...why(difference)} />
          </th>
          <td class="number">
            <Size of={difference.sizeBytes} />
          </td>
          <td>
            <State of={difference.reason} />
          </td>
          <td data-name="Seen">
            <Moment at={new Date(difference.seenAt)} now={now} />
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

/** Nothing where Box did not say it. */
const Size = ({ of }: { of: number | null }) =>
  of === null ? <>–</> : <span title={`${count(of)} bytes`}>{size(of)}</span>;

const why = ({ reason, failure, hint }: Difference) =>
  reason === "lost"
    ? {
        reason: "Box held it once and does not any more",
        hint: "Nobody can fetch it; it is taken back if Box shows it again.",
      }
    : { reason: failure, hint };
