import type { StoredVersion } from "../../db/version-search.ts";
import { count, size } from "./format.ts";
import { Fact, Facts } from "./parts/facts.tsx";
import { Live } from "./parts/live.tsx";
import { Moment } from "./parts/moment.tsx";
import { Name } from "./parts/name.tsx";
import { ReplayForm } from "./parts/replay-form.tsx";
import { State } from "./parts/state.tsx";
import { Trouble } from "./parts/trouble.tsx";

export interface VersionPageProps {
  version: StoredVersion;
  /** Undefined when the source was deleted. */
  sourceName: string | undefined;
  /** `gs://bucket/name`: where it lies, or will. */
  uri: string;
  now: Date;
}

/** One version as the lake owes or keeps it, with everything that is known of it. */
export const VersionPage = ({ version, sourceName, uri, now }: VersionPageProps) => {
  const path = `/versions/${version.objectId}`;
  return (
    <>
      <div class="title">
        <h1>
          <Name text={version.path} />
        </h1>
      </div>
      <Live path={path} busy={version.state === "pending"} now={now}>
        <section class="panel verdict" aria-label="State">
          <div>
            <p>
              <State of={version.state} />{" "}
              <Since version={version} isDeleted={sourceName === undefined} now={now} />
            </p>
            {version.state !== "stored" && version.state !== "withdrawn" && (
              <Trouble reason={version.failureReason} hint={version.hint} />
            )}
          </div>
          <Again version={version} back={path} />
        </section>
        <Facts>
          <Fact name="Object">
            <span class="id">{uri}</span>
          </Fact>
          <Fact name="Generation">{version.generation ?? "none before it is stored"}</Fact>
          <Fact name="CRC32C">{version.crc32c ?? "none before it is stored"}</Fact>
          <Fact name="SHA-1">
            <span class="id">{version.sha1}</span>
          </Fact>
          <Fact name="Size">
            {size(version.sizeBytes)} ({count(version.sizeBytes)} bytes)
          </Fact>
          <Fact name="Source">
            {sourceName === undefined ? (
              "deleted"
            ) : (
              <a href={`/sources/${version.sourceId}`}>
                <Name text={sourceName} />
              </a>
            )}
          </Fact>
          {Object.keys(version.pathFields ?? {}).length > 0 && (
            <Fact name="Read from the path">
              <ul class="pairs">
                {Object.entries(version.pathFields ?? {}).map(([field, value]) => (
                  <li>
                    <Name text={field} /> = <Name text={value} />
                  </li>
                ))}
              </ul>
            </Fact>
          )}
          {version.misfit !== null && (
            <Fact name="Does not fit">
              <Name text={version.misfit} />
            </Fact>
          )}
          <Fact name="Box file">
            <span class="id">{version.fileId}</span>
          </Fact>
          <Fact name="Box version">
            <span class="id">{version.versionId}</span>
          </Fact>
          <Fact name="Noticed by">{version.door}</Fact>
          <Fact name="Seen">
            <Moment at={version.seenAt} now={now} exact />
          </Fact>
          <Fact name="Seen by">
            <SeenBy version={version} now={now} />
          </Fact>
          <Fact name="Stored">
            {version.storedAt ? <Moment at={version.storedAt} now={now} exact /> : "not yet"}
          </Fact>
          <Fact name="Failed attempts">{count(version.attempts)}</Fact>
          <Fact name="Object id">
            <span class="id">{version.objectId}</span>
          </Fact>
        </Facts>
      </Live>
    </>
  );
};

interface SinceProps {
  version: StoredVersion;
  /** Its source, or its source's account. */
  isDeleted: boolean;
  now: Date;
}

const Since = ({ version, isDeleted, now }: SinceProps) => {
  switch (version.state) {
    case "stored":
      return <span>its bytes were proved before the lake took them</span>;
    case "waiting":
      return (
        <span>
          next attempt <Moment at={version.dueAt} now={now} />
        </span>
      );
    case "pending":
      return <span>due now</span>;
    case "given_up":
      return (
        <span>
          after {count(version.attempts)} {version.attempts === 1 ? "attempt" : "attempts"}
        </span>
      );
    case "withdrawn":
      return isDeleted ? (
        <span>owed no more: its source or account was deleted</span>
      ) : (
        <span>owed no more: the source's rules do not want it</span>
      );
  }
};

/** When each door first saw the version: how late the others were is whether they can be trusted. */
const SeenBy = ({ version, now }: { version: StoredVersion; now: Date }) => {
  const sights = [
    { door: "webhook", at: version.webhookAt },
    { door: "events", at: version.eventsAt },
    { door: "listing", at: version.listingAt },
  ].flatMap(({ door, at }) => (at ? [{ door, at }] : []));
  if (sights.length === 0) return <>no door by itself</>;
  return sights
    .toSorted((a, b) => a.at.getTime() - b.at.getTime())
    .map(({ door, at }, index) => (
      <>
        {index > 0 && ", "}
        {door} <Moment at={at} now={now} exact />
      </>
    ));
};

/** A stored object is only looked at: it is created again if it is gone, and never overwritten. */
const Again = ({ version, back }: { version: StoredVersion; back: string }) =>
  version.state === "pending" || version.state === "withdrawn" ? null : (
    <ReplayForm objectIds={[version.objectId]} back={back}>
      {version.state === "stored" ? "Look at it in the lake" : "Replay"}
    </ReplayForm>
  );
