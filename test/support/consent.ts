/** What a person does at the sandbox's consent page; answers the code that Box leads back with. */
export async function grantAccess(authorizeUrl: string, userId: string): Promise<string> {
  const response = await fetch(authorizeUrl, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({ user: userId }),
  });
  const back = response.headers.get("location");
  if (response.status !== 302 || back === null)
    throw new Error(`Nobody was led back: ${response.status}`);
  return back;
}

export const codeOf = (back: string) => new URL(back).searchParams.get("code") ?? "";
