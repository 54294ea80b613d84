// A single-page application with oidc-client-ts: a public client whose tokens are bound to a key that this page cannot export. It signs in, calls
// userinfo from its own origin, and leaves what it learned in the page.
const { authority, clientId } = await (await fetch("/settings.json")).json();
const { IndexedDbDPoPStore, UserManager } = globalThis.oidc;
const manager = new UserManager({
  authority,
  client_id: clientId,
  redirect_uri: `${location.origin}/callback`,
  scope: "openid profile",
  dpop: { bind_authorization_code: true, store: new IndexedDbDPoPStore() },
});

async function signedIn() {
  const user = await manager.signinRedirectCallback();
  const { userinfo_endpoint: endpoint } = await manager.metadataService.getMetadata();
  const ask = async (headers) => {
    const answer = await fetch(endpoint, { headers });
    return { status: answer.status, body: answer.ok ? await answer.json() : null };
  };
  const proof = await manager.dpopProof(endpoint, user, "GET");
  return {
    tokenType: user.token_type,
    profile: user.profile,
    userInfo: await ask({ authorization: `DPoP ${user.access_token}`, dpop: proof }),
    sameProof: await ask({ authorization: `DPoP ${user.access_token}`, dpop: proof }),
    asBearer: await ask({ authorization: `Bearer ${user.access_token}` }),
  };
}

if (location.pathname === "/callback") {
  const result = await signedIn().catch((error) => ({ error: error.error ?? String(error) }));
  document.querySelector("#result").textContent = JSON.stringify(result);
} else if (location.pathname === "/") {
  await manager.signinRedirect().catch((error) => {
    document.querySelector("#result").textContent = JSON.stringify({ error: String(error) });
  });
}
