// A strict, independent OpenID Connect client: pushed authorization request, private_key_jwt, PKCE S256, state, nonce, userinfo.
// Prints the address to open; reads the address that the browser was sent back to; prints what it then learned, as JSON.
import { createInterface } from "node:readline/promises";
import { readFile } from "node:fs/promises";
import { importPKCS8 } from "jose";
import * as client from "openid-client";

const [issuer, clientId, keyFile, publicKeyFile, redirectUri, scope] = process.argv.slice(2);
const pem = (await readFile(keyFile, "utf8")).replace(/^[\s\S]*?(?=-----BEGIN)/, "");
const { kid } = JSON.parse(await readFile(publicKeyFile, "utf8"));
const key = await importPKCS8(pem, "ES256");
const config = await client.discovery(new URL(issuer), clientId, undefined, client.PrivateKeyJwt({ key, kid }), {
  // http on loopback; everything else stays as strict as it comes.
  execute: [client.allowInsecureRequests],
});

const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
const address = await client.buildAuthorizationUrlWithPAR(config, {
  redirect_uri: redirectUri,
  scope,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
});
console.log(address.href);

const lines = createInterface({ input: process.stdin });
const callback = new URL(await new Promise((resolve) => lines.once("line", resolve)));
lines.close();
const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
const refusal = async (attempt) => {
  try {
    await attempt();
    return null;
  } catch (error) {
    return error.error ?? error.code ?? error.message;
  }
};

let result;
try {
  const tokens = await client.authorizationCodeGrant(config, callback, checks);
  const claims = tokens.claims();
  result = {
    tokenType: tokens.token_type,
    claims,
    userInfo: await client.fetchUserInfo(config, tokens.access_token, claims.sub),
    sameCodeAgain: await refusal(() => client.authorizationCodeGrant(config, callback, checks)),
    tokenAfterReplay: await refusal(() => client.fetchUserInfo(config, tokens.access_token, claims.sub)),
    refreshToken: tokens.refresh_token ?? null,
  };
} catch (error) {
  result = { error: error.error ?? error.code ?? error.message, cause: String(error.cause?.error ?? error.cause?.message ?? "") };
}
console.log(JSON.stringify({ parameters: [...address.searchParams.keys()], ...result }));
