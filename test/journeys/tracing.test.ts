import { expect, it } from "vitest";
import { sendJson, startServer } from "../box/box-server.ts";
import { eventually } from "../support/eventually.ts";
import { BUCKET, openHouse, PREFIX } from "../support/house.ts";

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: { key: string; value: { stringValue?: string; intValue?: number } }[];
}

interface Export {
  resourceSpans: {
    resource: Pick<Span, "attributes">;
    scopeSpans: { spans: Span[] }[];
  }[];
}

const CLIENT = 3;

const fieldsOf = ({ attributes }: Pick<Span, "attributes">) =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]),
  );

/** What a collector on this machine was sent. */
async function startCollector() {
  const server = await startServer((_request, response) => sendJson(response, {}));
  const sent = () => server.seen.map(({ body }) => body).join("\n");
  const exports = () => server.seen.map(({ body }) => JSON.parse(body) as Export);
  const resources = () => exports().flatMap(({ resourceSpans }) => resourceSpans);
  const spans = () =>
    resources().flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  return { url: `${server.url}/v1/traces`, seen: server.seen, sent, resources, spans };
}

/** A file that was there before its source: its backfill lands it. */
async function landOneFile(tracesUrl?: string) {
  const house = await openHouse(tracesUrl === undefined ? {} : { tracesUrl });
  const { id } = await house.box.account.createFolder({ parentId: "0", name: "Inbox" });
  const name = "secret plate.csv";
  const { file } = await house.box.account.upload({ parentId: id, name, bytes: "a,b\n" });
  const account = await house.linkAccount("Lab", "user");
  await house.box.account.collaborate({
    type: "folder",
    id,
    userId: house.box.ccg.userId,
    role: "viewer",
  });
  await house.addSource(account.id, id);
  // In the row, not only in the lake: a job that the stop overtook is not done.
  await eventually("the file is stored", async () => {
    const rows = await house.db.execute("select id from objects where state = 'stored'");
    return rows.length > 0;
  });
  await house.close();
  return { account: account.id, file: file.id, house };
}

it("shows a landed file as one trace: its job, Box's calls and Cloud Storage's", async () => {
  const collector = await startCollector();
  const { account, house } = await landOneFile(collector.url);
  const [resource] = collector.resources();
  expect(fieldsOf(resource!.resource)).toMatchObject({ "service.name": "longshore" });

  const spans = collector.spans();
  const job = spans.find(
    (span) => span.name === "store_version" && fieldsOf(span)["longshore.outcome"] === "done",
  );
  expect(fieldsOf(job!)["longshore.objectId"]).toMatch(/^\d+$/);
  const parts = spans.filter(({ parentSpanId }) => parentSpanId === job?.spanId);
  expect(new Set(parts.map(({ traceId }) => traceId))).toEqual(new Set([job?.traceId]));
  expect(parts.every(({ kind }) => kind === CLIENT)).toBe(true);
  const named = (name: string) => fieldsOf(parts.find((span) => span.name === name)!);
  const api = new URL(house.config.box.apiUrl);
  expect(named("GET /2.0/files/{id}/content")).toEqual({
    "http.request.method": "GET",
    "server.address": api.hostname,
    "server.port": Number(api.port),
    "url.template": "/2.0/files/{id}/content",
    "http.response.status_code": 302,
    "longshore.kind": "download",
    "longshore.account": account,
  });
  expect(named("GET content")).toMatchObject({ "http.response.status_code": 200 });
  expect(named("GET content")).not.toHaveProperty("url.template");
  expect(named("POST /upload/storage/v1/b/{bucket}/o")).toMatchObject({
    "http.response.status_code": 200,
  });

  const calls = spans.filter(({ kind }) => kind === CLIENT).map(fieldsOf);
  expect(calls).toContainEqual(
    expect.objectContaining({ "url.template": "/oauth2/token", "longshore.account": account }),
  );
  expect(calls).toContainEqual(
    expect.objectContaining({ "longshore.kind": "user", "longshore.account": "trial" }),
  );
});

it("tells a collector no query, no name, no secret, and no content address", async () => {
  const collector = await startCollector();
  const { file, house } = await landOneFile(collector.url);
  const sent = collector.sent();
  for (const secret of [
    house.box.ccg.clientSecret,
    house.box.signatureKeys.primary,
    house.adminToken,
    "secret plate",
    "Bearer",
    "stream_position",
    "upload_id",
    BUCKET + "/o",
    `${PREFIX}/`,
    `/files/${file}`,
    "?",
  ])
    expect(sent, secret).not.toContain(secret);
});
