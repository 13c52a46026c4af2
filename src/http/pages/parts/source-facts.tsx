import type { SourceProgress } from "../../../db/source-progress.ts";
import { count, size } from "../format.ts";
import { Fact, Facts } from "./facts.tsx";
import { Moment } from "./moment.tsx";
import { Name } from "./name.tsx";

export interface SourceFactsProps {
  source: SourceProgress;
  /** Which event stream its account is read by. */
  stream: string | undefined;
  /** How its objects are named in the lake. */
  objectNames: string;
  bucket: string;
  now: Date;
}

/** What a source takes, and how it is called in the lake. */
export const SourceFacts = ({ source, stream, objectNames, bucket, now }: SourceFactsProps) => (
  <Facts compact>
    <Fact name="Box folder">
      <Name text={source.folderName} /> <span class="id">{source.folderId}</span>
    </Fact>
    <Fact name="Account">
      <Name text={source.accountName} />
    </Fact>
    <Fact name="Event stream">
      <code>{stream ?? "none"}</code>
    </Fact>
    <Fact name="Registered">
      <Moment at={source.createdAt} now={now} exact />
    </Fact>
    <Fact name="Include">
      <Masks of={source.include} none="everything" />
    </Fact>
    <Fact name="Exclude">
      <Masks of={source.exclude} none="nothing" />
    </Fact>
    <Fact name="Sub-folders">{source.subfolders ? "included" : "left out"}</Fact>
    <Fact name="Size">{sizes(source)}</Fact>
    <Fact name="Age">
      {source.maxAgeDays === null
        ? "any"
        : `at most ${count(source.maxAgeDays)} days when first seen`}
    </Fact>
    <Fact name="History">
      {source.history === "all" ? "past versions too" : "current versions, and all that follow"}
    </Fact>
    <Fact name="Path template">
      {source.pathTemplate === null ? (
        "none"
      ) : (
        <>
          <code>{source.pathTemplate}</code>{" "}
          {source.counts.misfits > 0 && (
            <a href={`/sources/${source.id}?misfit=true#versions`}>
              {count(source.counts.misfits)} {source.counts.misfits === 1 ? "does" : "do"} not fit
            </a>
          )}
        </>
      )}
    </Fact>
    <Fact name="Tags">
      <Masks of={source.tags} none="none" />
    </Fact>
    <Fact name="Metadata">
      {Object.keys(source.metadata).length === 0 ? (
        "none"
      ) : (
        <ul class="pairs">
          {Object.entries(source.metadata).map(([key, value]) => (
            <li>
              <Name text={key} /> = <Name text={value} />
            </li>
          ))}
        </ul>
      )}
    </Fact>
    <Fact name="Object names" wide>
      <code>{`gs://${bucket}/${objectNames}`}</code>
    </Fact>
    <Fact name="Id" wide>
      <span class="id">{source.id}</span>
    </Fact>
  </Facts>
);

function sizes({ minBytes, maxBytes }: SourceFactsProps["source"]): string {
  const least = minBytes === null ? [] : [`at least ${size(minBytes)}`];
  const most = maxBytes === null ? [] : [`at most ${size(maxBytes)}`];
  return [...least, ...most].join(", ") || "any";
}

const Masks = ({ of, none }: { of: string[]; none: string }) =>
  of.length === 0 ? (
    <>{none}</>
  ) : (
    <ul class="masks">
      {of.map((text) => (
        <li>
          <Name text={text} />
        </li>
      ))}
    </ul>
  );
