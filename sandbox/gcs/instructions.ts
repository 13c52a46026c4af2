/** When a fault strikes: before or after the work, or once some bytes went over the wire. */
export type Moment = "before" | "after" | { bytes: number; of: "object" | "request" };

export type Effect =
  | { do: "answer"; status: number; at: Moment }
  | { do: "reset"; at: Moment }
  | { do: "stall"; ms: number; at: Moment }
  | { do: "damage" }
  | { do: "pace"; bytesPerSecond: number }
  | { do: "keep"; bytes: number }
  | { do: "hide-range" }
  | { do: "lose-session"; status: 404 | 410 }
  | { do: "rival" };

/**
 * The language of faults. The upper ones are those of Google's own storage-testbench
 * (https://github.com/googleapis/storage-testbench, "Forced Failures"), so scenarios written for
 * it can be used here; bytes of an upload are counted over the whole upload, not the request.
 *
 * | instruction | effect |
 * | --- | --- |
 * | `return-503` | this status instead of the work; any status |
 * | `return-503-after-256K` | this status once the upload has these bytes, which are kept |
 * | `return-reset-connection` | the connection is reset before the work |
 * | `return-broken-stream` | a download is reset after its first bytes |
 * | `return-broken-stream-after-256K` | a download or an upload is reset after these bytes |
 * | `return-broken-stream-final-chunk-after-1024B` | the last PUT is reset after these of its bytes |
 * | `return-corrupted-data` | a download has a wrong byte |
 * | `inject-upload-data-error` | a wrong byte is stored |
 * | `stall-always`, `stall-at-256KiB`, `stall-for-10s-after-12K` | nothing moves: for ever or a while |
 *
 * Ours:
 *
 * | instruction | effect |
 * | --- | --- |
 * | `return-503-after-commit` | the work is done, the answer is this status |
 * | `reset-after-commit` | the work is done, the answer is lost |
 * | `stall-after-commit` | the work is done, the answer never comes |
 * | `persist-256K` | only these bytes of the request are kept: 308 with a smaller Range, or none |
 * | `hide-range` | a 308 says nothing about what is kept |
 * | `lose-session-404`, `lose-session-410` | the upload session is gone |
 * | `rival-object` | somebody else's object appears under the name before the work |
 * | `slow-64Kps` | the bytes trickle |
 */
export function parseInstruction(instruction: string): Effect {
  for (const [pattern, effect] of LANGUAGE) {
    const match = pattern.exec(instruction);
    if (match) return effect(...match.slice(1).map(Number));
  }
  throw new Error(`unknown fault instruction: ${instruction}`);
}

const FOR_EVER = Number.POSITIVE_INFINITY;

const kib = (count: number): Moment => ({ bytes: count * 1024, of: "object" });

type Rule = [pattern: RegExp, effect: (...numbers: number[]) => Effect];

const LANGUAGE: Rule[] = [
  [/^return-(\d{3})$/, (status = 503) => ({ do: "answer", status, at: "before" })],
  [
    /^return-(\d{3})-after-(\d+)K$/,
    (status = 503, count = 0) => ({ do: "answer", status, at: kib(count) }),
  ],
  [/^return-(\d{3})-after-commit$/, (status = 503) => ({ do: "answer", status, at: "after" })],
  [/^return-reset-connection$/, () => ({ do: "reset", at: "before" })],
  [/^return-broken-stream$/, () => ({ do: "reset", at: { bytes: 4, of: "object" } })],
  [/^return-broken-stream-after-(\d+)K$/, (count = 0) => ({ do: "reset", at: kib(count) })],
  [
    /^return-broken-stream-final-chunk-after-(\d+)B$/,
    (bytes = 0) => ({ do: "reset", at: { bytes, of: "request" } }),
  ],
  [/^return-corrupted-data$|^inject-upload-data-error$/, () => ({ do: "damage" })],
  [/^stall-always$/, () => ({ do: "stall", ms: FOR_EVER, at: "before" })],
  [/^stall-at-(\d+)KiB$/, (count = 0) => ({ do: "stall", ms: FOR_EVER, at: kib(count) })],
  [
    /^stall-for-(\d+)s-after-(\d+)K$/,
    (seconds = 0, count = 0) => ({ do: "stall", ms: seconds * 1000, at: kib(count) }),
  ],
  [/^reset-after-commit$/, () => ({ do: "reset", at: "after" })],
  [/^stall-after-commit$/, () => ({ do: "stall", ms: FOR_EVER, at: "after" })],
  [/^persist-(\d+)K$/, (count = 0) => ({ do: "keep", bytes: count * 1024 })],
  [/^hide-range$/, () => ({ do: "hide-range" })],
  [
    /^lose-session-(404|410)$/,
    (status) => ({ do: "lose-session", status: status === 404 ? 404 : 410 }),
  ],
  [/^rival-object$/, () => ({ do: "rival" })],
  [/^slow-(\d+)Kps$/, (count = 1) => ({ do: "pace", bytesPerSecond: count * 1024 })],
];
