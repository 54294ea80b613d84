// A reference provider: npm's oidc-provider with the FAPI 2.0 profile, in which everybody is signed in and agrees at once. Reads its clients as
// one line of JSON, listens on a free loopback port and prints its address. What hostile-requests.mjs sends to our Provider is sent to it too.
import { createServer } from "node:http";
import { createInterface } from "node:readline";

// It is written for Node 22, whose only part that it misses on the Node of our machines is this function (WHATWG URL).
URL.parse ??= (address, base) => (URL.canParse(address, base) ? new URL(address, base) : null);
const { default: Provider } = await import("oidc-provider");

const lines = createInterface({ input: process.stdin });
const setup = JSON.parse(await new Promise((resolve) => lines.once("line", resolve)));

const server = createServer();
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const issuer = `http://localhost:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: setup.clients.map(({ clientId, redirectUri, jwk: { d: _private, ...jwk } }) => ({
    client_id: clientId,
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code"],
    response_types: ["code"],
    token_endpoint_auth_method: "private_key_jwt",
    token_endpoint_auth_signing_alg: "ES256",
    id_token_signed_response_alg: "ES256",
    jwks: { keys: [jwk] },
    dpop_bound_access_tokens: true,
    require_pushed_authorization_requests: true,
  })),
  jwks: { keys: [setup.signingKey] },
  cookies: { keys: ["one browser, one run"] },
  claims: { openid: ["sub"], profile: ["name"] },
  scopes: ["openid"],
  features: {
    devInteractions: { enabled: false },
    fapi: { enabled: true, profile: "2.0" },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
    dPoP: { enabled: true },
  },
  pkce: { required: () => true },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId, name: "Liis Tamm" }) }),
  renderError(context, { error }) {
    context.type = "html";
    context.body = `<h1>${error}</h1>`;
  },
});

const oidc = provider.callback();
server.on("request", async (request, response) => {
  if (!request.url.startsWith("/interaction/")) return oidc(request, response);
  try {
    const { prompt, params, session } = await provider.interactionDetails(request, response);
    await provider.interactionFinished(request, response, await answer(prompt, params, session), { mergeWithLastSubmission: true });
  } catch (error) {
    response.writeHead(400, { "content-type": "text/html" }).end(`<h1>${error.message}</h1>`);
  }
});

async function answer(prompt, params, session) {
  if (prompt.name === "login") return { login: { accountId: "liis" } };
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  return { consent: { grantId: await grant.save() } };
}

console.log(JSON.stringify({ issuer }));
// The test ends it by closing its input.
lines.once("close", () => process.exit(0));
