// openid-client as relying parties of each profile use it, as one line of JSON says: { issuer, clientId, redirectUri, scope, authentication: { method,
// jwk | secret | certificate, privateKey, authority }, pushes, dpop, refreshes }. ID tokens are checked with the published keys too. Prints the
// address to open; reads the address that the browser was sent back to; prints what it then learned.
import { Agent, request } from "node:https";
import { createInterface } from "node:readline";
import { decodeProtectedHeader } from "jose";
import * as client from "openid-client";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const line = async () => (await lines.next()).value;
const { issuer, clientId, redirectUri, scope, authentication, pushes, dpop, refreshes } = JSON.parse(await line());

const methods = {
  private_key_jwt: async ({ jwk }) =>
    client.PrivateKeyJwt({ key: await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]), kid: jwk.kid }),
  client_secret_basic: ({ secret }) => client.ClientSecretBasic(secret),
  client_secret_post: ({ secret }) => client.ClientSecretPost(secret),
  tls_client_auth: () => client.TlsClientAuth(),
  self_signed_tls_client_auth: () => client.TlsClientAuth(),
  none: () => client.None(),
};

// Node's fetch shows no client certificate; node:https does.
const agent = authentication.certificate && new Agent({ cert: authentication.certificate, key: authentication.privateKey, ca: authentication.authority });
const withCertificate = (url, { method, headers, body }) => new Promise((resolve, reject) => {
  const sent = request(url, { method, headers, agent }, (answer) => {
    const parts = [];
    answer.on("data", (part) => parts.push(part));
    answer.on("end", () => resolve(new Response(parts.length ? Buffer.concat(parts) : null, { status: answer.statusCode, headers: answer.headers })));
  });
  sent.on("error", reject);
  sent.end(body?.toString());
});

const config = await client.discovery(
  new URL(issuer), clientId, { use_mtls_endpoint_aliases: Boolean(agent), tls_client_certificate_bound_access_tokens: Boolean(agent) },
  await methods[authentication.method](authentication), {
    [client.customFetch]: agent ? (url, options) => (url.startsWith("https:") ? withCertificate : fetch)(url, options) : undefined,
    // http on loopback; everything else stays as strict as it comes, and the signature of ID tokens is checked though the channel would do.
    execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
  });

const verifier = client.randomPKCECodeVerifier();
const checks = { pkceCodeVerifier: verifier, expectedState: client.randomState(), expectedNonce: client.randomNonce(), idTokenExpected: true };
const proof = dpop ? { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256")) } : undefined;
const parameters = {
  redirect_uri: redirectUri,
  scope,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state: checks.expectedState,
  nonce: checks.expectedNonce,
};
const address = pushes ? await client.buildAuthorizationUrlWithPAR(config, parameters, proof) : client.buildAuthorizationUrl(config, parameters);
console.log(JSON.stringify({ address: address.href }));

const refusal = (attempt) => attempt.then(() => null, (error) => error.error ?? error.cause?.[0]?.parameters?.error ?? error.code ?? error.message);
const callback = new URL(await line());
try {
  const tokens = await client.authorizationCodeGrant(config, callback, checks, undefined, proof);
  const claims = tokens.claims();
  const result = {
    tokenType: tokens.token_type,
    idTokenAlgorithm: decodeProtectedHeader(tokens.id_token).alg,
    accessToken: tokens.access_token,
    claims,
    userInfo: await client.fetchUserInfo(config, tokens.access_token, claims.sub, proof),
  };
  const renew = (token) => client.refreshTokenGrant(config, token, undefined, proof);
  if (refreshes) {
    const refreshed = await renew(tokens.refresh_token);
    result.refreshed = {
      tokenType: refreshed.token_type,
      claims: refreshed.claims(),
      rotated: refreshed.refresh_token !== undefined && refreshed.refresh_token !== tokens.refresh_token,
      userInfo: await client.fetchUserInfo(config, refreshed.access_token, claims.sub, proof),
      firstTokenAgain: await refusal(renew(tokens.refresh_token)),
    };
  }
  result.refreshToken = Boolean(tokens.refresh_token);
  result.sameCodeAgain = await refusal(client.authorizationCodeGrant(config, callback, checks, undefined, proof));
  result.tokenAfterReplay = await refusal(client.fetchUserInfo(config, tokens.access_token, claims.sub, proof));
  if (refreshes) result.refreshAfterReplay = await refusal(renew(tokens.refresh_token));
  console.log(JSON.stringify(result));
} catch (error) {
  console.log(JSON.stringify({ error: error.error ?? error.code ?? error.message, cause: String(error.cause?.error ?? error.cause?.message ?? error.cause ?? "") }));
}
process.exit(0);
