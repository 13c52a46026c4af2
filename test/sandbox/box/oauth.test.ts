import { afterEach, beforeEach, expect, test } from "vitest";
import { freshBox, type Ground } from "./client.ts";

let ground: Ground;
let later = 0;
beforeEach(async () => {
  later = 0;
  ground = await freshBox({ watch: false, now: () => Date.now() + later });
});
afterEach(() => ground.remove());

interface Answer {
  status: number;
  body: Record<string, unknown> & { access_token: string; refresh_token: string };
}

async function token(form: Record<string, string>): Promise<Answer> {
  const { clientId: client_id, clientSecret: client_secret } = ground.box.ccg;
  const body = new URLSearchParams({ client_id, client_secret, ...form });
  const response = await fetch(`${ground.box.url}/oauth2/token`, { method: "POST", body });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

async function me(accessToken: string) {
  const headers = { authorization: `Bearer ${accessToken}` };
  const response = await fetch(`${ground.box.url}/2.0/users/me`, { headers });
  return response.ok ? ((await response.json()) as { id: string }).id : response.status;
}

const redirect_uri = "http://localhost:9/back";

/** What a person does in the browser: look at the page and press a name. */
async function consent(user: string): Promise<URL> {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: ground.box.ccg.clientId,
    redirect_uri,
    state: "remember me",
  });
  const page = `${ground.box.url}/api/oauth2/authorize?${query.toString()}`;
  expect(await (await fetch(page)).text()).toContain(`value="${user}"`);
  const body = new URLSearchParams({ user });
  const response = await fetch(page, { method: "POST", body, redirect: "manual" });
  return new URL(response.headers.get("location")!);
}

async function login(): Promise<Answer["body"]> {
  const back = await consent(ground.box.ccg.userId);
  const code = back.searchParams.get("code")!;
  return (await token({ grant_type: "authorization_code", code, redirect_uri })).body;
}

const refresh = (refresh_token: string) => token({ grant_type: "refresh_token", refresh_token });

test("credentials are granted for the enterprise and for a user", async () => {
  const { enterpriseId, userId, serviceUserId } = ground.box.ccg;
  const grant = (box_subject_type: string, box_subject_id: string) =>
    token({ grant_type: "client_credentials", box_subject_type, box_subject_id });
  const service = await grant("enterprise", enterpriseId);
  expect(service.body).toMatchObject({ expires_in: 3600, token_type: "bearer" });
  expect(service.body).not.toHaveProperty("refresh_token");
  expect(await me(service.body.access_token)).toBe(serviceUserId);
  expect(await me((await grant("user", userId)).body.access_token)).toBe(userId);
  expect(await grant("user", "1")).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
});

test("wrong credentials are refused in the words of OAuth", async () => {
  expect(await token({ client_secret: "wrong", grant_type: "client_credentials" })).toMatchObject({
    status: 400,
    body: { error: "invalid_client", error_description: expect.any(String) },
  });
  expect(await token({ grant_type: "password" })).toMatchObject({
    body: { error: "unsupported_grant_type" },
  });
});

test("a person's consent gives a code and the state back; the code is good once", async () => {
  const back = await consent(ground.box.ccg.userId);
  expect(back.origin + back.pathname).toBe(redirect_uri);
  expect(back.searchParams.get("state")).toBe("remember me");
  const code = back.searchParams.get("code")!;
  const form = { grant_type: "authorization_code", code, redirect_uri };
  expect(await me((await token(form)).body.access_token)).toBe(ground.box.ccg.userId);
  expect(await token(form)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
});

test("a code ends after 30 seconds, an access token after an hour", async () => {
  const code = (await consent(ground.box.ccg.userId)).searchParams.get("code")!;
  const accessToken = ground.box.developerToken();
  later = 31_000;
  const form = { grant_type: "authorization_code", code, redirect_uri };
  expect(await token(form)).toMatchObject({ status: 400 });
  expect(await me(accessToken)).toBe(ground.box.ccg.serviceUserId);
  later = 3_601_000;
  expect(await me(accessToken)).toBe(401);
});

test("a refresh token is good once, and each refresh gives a new pair", async () => {
  const first = await login();
  const second = await refresh(first.refresh_token);
  expect(second.body.refresh_token).not.toBe(first.refresh_token);
  expect(await me(second.body.access_token)).toBe(ground.box.ccg.userId);
  expect(await refresh(first.refresh_token)).toMatchObject({
    status: 400,
    body: { error: "invalid_grant" },
  });
  expect((await refresh(second.body.refresh_token)).status).toBe(200);
});

test("with the grace that Box does not promise, a token used just now answers the same pair", async () => {
  ground.box.faults.settings.refreshGraceMs = 60_000;
  const first = await login();
  const second = await refresh(first.refresh_token);
  expect((await refresh(first.refresh_token)).body).toEqual(second.body);
  later = 61_000;
  expect((await refresh(first.refresh_token)).status).toBe(400);
});

test("revoking one token of a login ends all of them", async () => {
  const { access_token, refresh_token } = await login();
  const { clientId: client_id, clientSecret: client_secret } = ground.box.ccg;
  const body = new URLSearchParams({ client_id, client_secret, token: access_token });
  const revoked = await fetch(`${ground.box.url}/oauth2/revoke`, { method: "POST", body });
  expect(revoked.status).toBe(200);
  expect(await me(access_token)).toBe(401);
  expect((await refresh(refresh_token)).status).toBe(400);
});

test("an application that the admin no longer authorises is refused as a server, and as nothing else", async () => {
  const { enterpriseId: box_subject_id } = ground.box.ccg;
  const asServer = () =>
    token({ grant_type: "client_credentials", box_subject_type: "enterprise", box_subject_id });
  const { access_token } = (await asServer()).body;
  const person = await login();
  ground.box.faults.settings.appAuthorised = false;
  expect(await asServer()).toMatchObject({ status: 400, body: { error: "unauthorized_client" } });
  expect(await me(access_token)).toBe(401);
  expect(await me(person.access_token)).toBe(ground.box.ccg.userId);
  ground.box.faults.settings.appAuthorised = true;
  expect((await asServer()).status).toBe(200);
});

test("a user's withdrawal ends their logins alone; an ended access token can still be refreshed", async () => {
  const developer = ground.box.developerToken(ground.box.ccg.userId);
  const first = await login();
  ground.box.expireAccessTokens();
  expect([await me(first.access_token), await me(developer)]).toEqual([401, 401]);
  const second = await refresh(first.refresh_token);
  expect(await me(second.body.access_token)).toBe(ground.box.ccg.userId);
  const other = ground.box.developerToken(ground.box.ccg.userId);
  ground.box.withdrawGrants(ground.box.ccg.userId);
  expect(await me(second.body.access_token)).toBe(401);
  expect(await me(other)).toBe(ground.box.ccg.userId);
  expect((await refresh(second.body.refresh_token)).body).toMatchObject({
    error: "invalid_grant",
    error_description: "Refresh token has expired",
  });
  expect(ground.box.tokenRequests.at(-1)).toEqual({
    grant: "refresh_token",
    refreshToken: second.body.refresh_token,
    error: "invalid_grant",
  });
});

test("tokens outlive a restart", async () => {
  const { access_token, refresh_token } = await login();
  await ground.restart();
  expect(await me(access_token)).toBe(ground.box.ccg.userId);
  expect((await refresh(refresh_token)).status).toBe(200);
});
