import { openBoxClient } from "../../src/box/open-client.ts";
import { createLog } from "../../src/log.ts";
import { type Seen, sendJson, startServer } from "./box-server.ts";
import { fixtureText } from "./fixtures.ts";

type Answers = Record<string, unknown>;

/** Answers by method and path; a fixture's name stands for its JSON, a number for a bare status. */
export async function startBox(answers: Answers | ((request: Seen) => unknown)) {
  const server = await startServer((request, response) => {
    const key = `${request.method} ${new URL(request.path, "http://box").pathname}`;
    const answer = typeof answers === "function" ? answers(request) : (answers[key] ?? 404);
    if (typeof answer === "number") sendJson(response, "", answer);
    else sendJson(response, typeof answer === "string" ? fixtureText(answer) : answer);
  });
  const lines: string[] = [];
  const calls: string[] = [];
  const client = openBoxClient({
    endpoints: { apiUrl: server.url, oauthUrl: server.url, downloadHosts: ["127.0.0.1"] },
    credentials: { kind: "developerToken", token: "t" },
    log: createLog("info", { write: (line) => lines.push(line) }),
    onCall: ({ kind, status }) => calls.push(`${kind} ${status}`),
  });
  const asked = (at = 0) => {
    const { pathname, searchParams } = new URL(server.seen[at]!.path, "http://box");
    return { path: pathname, ...Object.fromEntries(searchParams) };
  };
  return { client, seen: server.seen, asked, calls, lines };
}
