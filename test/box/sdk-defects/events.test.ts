import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { sendJson } from "../box-server.ts";
import { type Reply, startBoth } from "./both.ts";

/** As Box writes it: a number, far beyond what JavaScript's hold. */
const POSITION = "1152922976252290886";

const answer =
  (text: string): Reply =>
  (_request, response) =>
    sendJson(response, text);

test("a stream position above 2^53: the SDK rounds it, in its raw answer too; ours is exact", async () => {
  const text = `{"chunk_size":0,"next_stream_position":${POSITION},"entries":[]}`;
  const { sdk, ours } = await startBoth(answer(text));
  const page = await sdk.events.getEvents({ streamType: "changes" });
  expect(String(page.nextStreamPosition)).not.toBe(POSITION);
  expect(JSON.stringify(page.rawData)).not.toContain(POSITION);
  expect((await ours.events("changes", "5")).nextPosition).toBe(POSITION);
});

test("one odd event: the SDK loses the whole page; ours gives every entry as it came", async () => {
  const entries = [
    { type: "event", event_id: "a", source: { type: "file", id: 7 } },
    { type: "event", event_id: "b", source: { type: "file", id: "8" } },
  ];
  const { sdk, ours } = await startBoth(
    answer(JSON.stringify({ chunk_size: 2, next_stream_position: "9", entries })),
  );
  await expect(sdk.events.getEvents({ streamType: "changes" })).rejects.toThrow();
  expect((await ours.events("changes", "5")).entries).toEqual(entries);
});

/** The SDK's stream of events, read until the test ends. */
async function openStream(reply: Reply) {
  const { sdk, ours, seen } = await startBoth(reply);
  const stream = sdk.events.getEventStream();
  onTestFinished(() => void stream.destroy());
  return { stream, ours, asked: () => seen.filter(({ path }) => path.startsWith("/2.0/events?")) };
}

const positionIn = (path: string | undefined) =>
  new URL(path ?? "", "http://box").searchParams.get("stream_position");

test("a page without a position: the SDK's stream goes on from now and skips what came between; ours says that there is none", async () => {
  let pages = 0;
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const server = { type: "realtime_server", url: "", max_retries: "10" };
  const {
    stream,
    ours,
    asked: seen,
  } = await openStream(({ method, path, headers }, response) => {
    if (method === "OPTIONS")
      return sendJson(response, {
        chunk_size: 1,
        entries: [{ ...server, url: `http://${headers.host}/poll` }],
      });
    if (path.startsWith("/poll")) return sendJson(response, { message: "new_change" });
    if (++pages === 3) resolve();
    if (pages >= 3) return undefined;
    const position = pages === 1 ? { next_stream_position: "100" } : {};
    sendJson(response, { chunk_size: 0, entries: [], ...position });
  });
  stream.on("error", () => undefined);
  stream.resume();
  await asked;
  expect(seen().map(({ path }) => positionIn(path))).toEqual(["now", "100", "now"]);

  pages = 1;
  expect((await ours.events("changes", "100")).nextPosition).toBeUndefined();
});

test("an event stream that Box refuses: the SDK asks again at once, for ever; ours asks once and throws", async () => {
  const both = await openStream((_request, response) => sendJson(response, {}, 403));
  let errors = 0;
  const { promise: many, resolve } = Promise.withResolvers<void>();
  both.stream.on("error", () => {
    if (++errors === 20) resolve();
  });
  both.stream.resume();
  await many;
  both.stream.destroy();
  await once(both.stream, "close");
  const before = both.asked().length;
  expect(before).toBeGreaterThanOrEqual(20);
  await expect(both.ours.events("changes", "5")).rejects.toMatchObject({ kind: "forbidden" });
});
