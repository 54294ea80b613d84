// Hand-made hostile requests against whichever provider it is given, one line of JSON: { issuer, clients: [two], cookies }. Prints what each was
// answered, as JSON { row: answer }. What is right is not known here: the test that runs it has the table.
import { createHmac, randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import * as oauth from "oauth4webapi";
import { jwt, seen, Target } from "./hostile-target.mjs";

const lines = createInterface({ input: process.stdin });
const target = await Target.of(JSON.parse(await new Promise((resolve) => lines.once("line", resolve))));
lines.close();

const { as, victim, other } = target;
const now = () => Math.floor(Date.now() / 1000);
const stranger = await oauth.generateKeyPair("ES256", { extractable: true });
const strangerRsa = await oauth.generateKeyPair("RS256", { extractable: true });
const large = "a".repeat(100_000);

const pushed = async (attack, change) => seen((await target.push(attack, change)).response);
const asserted = (claims, header, key) => pushed({ assertion: { claims, header, key } });
const parameter = (change) => pushed({}, change);
const onWire = (wire) => pushed({ wire });
const proven = (proof, proofKey) => pushed({ proof, proofKey });
const redeemed = async (attack) => seen(await target.redeem(await target.login(), attack));
const informed = async (attack) => seen(await target.userinfo(await target.tokens(), attack));
const refusedByClient = (attempt) => {
  try {
    attempt();
    return "accepted";
  } catch (error) {
    return `client ${error.code}`;
  }
};

// An assertion that no library would make: signed as `sign` says.
const forged = (header, sign, change = () => {}) => (init) => {
  const payload = { iss: victim.clientId, sub: victim.clientId, aud: as.issuer, jti: randomUUID(), iat: now(), exp: now() + 60 };
  change(payload);
  const signed = `${jwt.part(header)}.${jwt.part(payload)}`;
  init.body.set("client_assertion", `${signed}.${sign(signed)}`);
};
const hmac = (key) => (signed) => createHmac("sha256", key).update(signed).digest("base64url");
const pem = async (jwk) => {
  const key = await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, true, ["verify"]);
  return `-----BEGIN PUBLIC KEY-----\n${Buffer.from(await crypto.subtle.exportKey("spki", key)).toString("base64")}\n-----END PUBLIC KEY-----\n`;
};
const again = (name, value) => (init) => {
  init.body = `${init.body}&${name}=${value}`;
};
const remembered = () => {
  const kept = {};
  return [(init) => { kept.value = init.body.get("client_assertion"); }, (init) => { init.body.set("client_assertion", kept.value); }];
};
// The same proof a second time: what the first request carried is put into the second.
const rememberedProof = () => {
  const kept = {};
  return [(init) => { kept.value = init.headers.dpop; }, (init) => { init.headers.dpop = kept.value; }];
};
const asGet = (init, url) => {
  url.search = init.body.toString();
  init.method = "GET";
  delete init.body;
  return url;
};
const asJson = (init) => {
  init.headers["content-type"] = "application/json";
  init.body = JSON.stringify(Object.fromEntries(init.body));
};

const pushedRequests = {
  "pushed: a good request": () => pushed(),
  "pushed: signed by a foreign key": () => asserted(undefined, undefined, stranger.privateKey),
  "pushed: assertion by RS256 with a foreign key": () => pushed({ assertion: { key: strangerRsa.privateKey } }),
  "pushed: assertion with alg none": () => onWire(forged({ alg: "none", kid: victim.kid }, () => "")),
  "pushed: assertion by HS256 with the public JWK": () => onWire(forged({ alg: "HS256", kid: victim.kid }, hmac(JSON.stringify(victim.publicJwk)))),
  "pushed: assertion by HS256 with the public PEM": async () => onWire(forged({ alg: "HS256", kid: victim.kid }, hmac(await pem(victim.publicJwk)))),
  "pushed: assertion with a key of its own in jwk": async () => asserted(undefined, (head) => { head.jwk = strangerJwk; delete head.kid; }, stranger.privateKey),
  "pushed: assertion with an address of its own in jku": () => asserted(undefined, (head) => { head.jku = "http://127.0.0.1:9/keys"; delete head.kid; }, stranger.privateKey),
  "pushed: assertion that must be understood differently (crit)": () => asserted(undefined, (head) => { head.crit = ["urn:example:rule"]; head["urn:example:rule"] = true; }),
  "pushed: assertion of another client": () => asserted((claims) => { claims.iss = claims.sub = other.clientId; }),
  "pushed: assertion whose sub is another client": () => asserted((claims) => { claims.sub = other.clientId; }),
  "pushed: client_id of another client beside the assertion": () => onWire((init) => init.body.set("client_id", other.clientId)),
  "pushed: assertion for another server": () => asserted((claims) => { claims.aud = "https://other.example/"; }),
  "pushed: assertion for this server and another": () => asserted((claims) => { claims.aud = [as.issuer, "https://other.example/"]; }),
  "pushed: assertion for the token endpoint": () => asserted((claims) => { claims.aud = as.token_endpoint; }),
  "pushed: assertion without aud": () => asserted((claims) => { delete claims.aud; }),
  "pushed: assertion without exp": () => asserted((claims) => { delete claims.exp; }),
  "pushed: assertion that ended an hour ago": () => asserted((claims) => { claims.exp = now() - 3600; }),
  "pushed: assertion for ten years": () => asserted((claims) => { claims.exp = now() + 315_360_000; }),
  "pushed: assertion that begins in an hour": () => asserted((claims) => { claims.nbf = now() + 3600; }),
  "pushed: assertion without jti": () => asserted((claims) => { delete claims.jti; }),
  "pushed: the same assertion twice": async () => {
    const [keep, replay] = remembered();
    await target.pushed({ wire: keep });
    return onWire(replay);
  },
  "pushed: an ID token as assertion": async () => {
    const { id_token: idToken } = await target.tokens();
    return onWire((init) => init.body.set("client_assertion", idToken));
  },
  "pushed: assertion of 9 kB": () => asserted((claims) => { claims.padding = "a".repeat(9000); }),
  "pushed: another client_assertion_type": () => onWire((init) => init.body.set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer")),
  "pushed: no authentication": () => onWire((init) => { init.body.delete("client_assertion"); init.body.delete("client_assertion_type"); }),
  "pushed: a secret in place of the assertion": () => onWire((init) => {
    init.body.delete("client_assertion");
    init.body.delete("client_assertion_type");
    init.headers.authorization = `Basic ${Buffer.from(`${victim.clientId}:guessed`).toString("base64")}`;
  }),
  "pushed: a secret beside the assertion": () => onWire((init) => { init.headers.authorization = `Basic ${Buffer.from(`${victim.clientId}:guessed`).toString("base64")}`; }),
  "pushed: an unknown client": () => onWire((init) => {
    forged({ alg: "ES256" }, () => "AAAA", (claims) => { claims.iss = claims.sub = "nobody"; })(init);
    init.body.set("client_id", "nobody");
  }),
  "pushed: another redirect_uri": () => parameter((parameters) => parameters.set("redirect_uri", "https://evil.example/callback")),
  "pushed: redirect_uri with a longer path": () => parameter((parameters) => parameters.set("redirect_uri", `${victim.redirectUri}/more`)),
  "pushed: redirect_uri with a query": () => parameter((parameters) => parameters.set("redirect_uri", `${victim.redirectUri}?more=1`)),
  "pushed: redirect_uri with a fragment": () => parameter((parameters) => parameters.set("redirect_uri", `${victim.redirectUri}#more`)),
  "pushed: redirect_uri of another client": () => parameter((parameters) => parameters.set("redirect_uri", other.redirectUri)),
  "pushed: no redirect_uri": () => parameter((parameters) => parameters.delete("redirect_uri")),
  "pushed: code_challenge_method plain": () => parameter((parameters) => parameters.set("code_challenge_method", "plain")),
  "pushed: no code_challenge_method": () => parameter((parameters) => parameters.delete("code_challenge_method")),
  "pushed: no code_challenge": () => parameter((parameters) => { parameters.delete("code_challenge"); parameters.delete("code_challenge_method"); }),
  "pushed: a code_challenge of 3 characters": () => parameter((parameters) => parameters.set("code_challenge", "abc")),
  "pushed: response_type token": () => parameter((parameters) => parameters.set("response_type", "token")),
  "pushed: response_type code id_token": () => parameter((parameters) => parameters.set("response_type", "code id_token")),
  "pushed: an unknown response_mode": () => parameter((parameters) => parameters.set("response_mode", "pigeon")),
  "pushed: a scope that is not the client's": () => parameter((parameters) => parameters.set("scope", "openid signing")),
  "pushed: request_uri inside": () => onWire((init) => init.body.set("request_uri", "urn:ietf:params:oauth:request_uri:guessed")),
  "pushed: an unsigned request object": () => onWire((init) => init.body.set("request", `${jwt.part({ alg: "none" })}.${jwt.part({ redirect_uri: "https://evil.example/" })}.`)),
  "pushed: state twice": () => onWire(again("state", "other")),
  "pushed: redirect_uri twice": () => onWire(again("redirect_uri", "https%3A%2F%2Fevil.example%2F")),
  "pushed: client_id twice": () => onWire(again("client_id", other.clientId)),
  "pushed: a state of 100 kB": () => parameter((parameters) => parameters.set("state", large)),
  "pushed: a state of 400 kB": () => parameter((parameters) => parameters.set("state", large.repeat(4))),
  "pushed: NUL in state": () => parameter((parameters) => parameters.set("state", "a\0b")),
  "pushed: NUL in client_id": () => onWire((init) => init.body.set("client_id", `${victim.clientId}\0`)),
  "pushed: bad UTF-8 in state": () => onWire((init) => { init.body.delete("state"); again("state", "%ff%fe")(init); }),
  "pushed: by GET": () => onWire(asGet),
  "pushed: as JSON": () => onWire(asJson),
  "pushed: without a content type": () => onWire((init) => { init.headers["content-type"] = ""; init.body = init.body.toString(); }),
};

const proofs = {
  "proof: of another address": () => proven((_head, claims) => { claims.htu = as.token_endpoint; }),
  "proof: of another method": () => proven((_head, claims) => { claims.htm = "GET"; }),
  "proof: an hour old": () => proven((_head, claims) => { claims.iat = now() - 3600; }),
  "proof: an hour ahead": () => proven((_head, claims) => { claims.iat = now() + 3600; }),
  "proof: without jti": () => proven((_head, claims) => { delete claims.jti; }),
  "proof: without type": () => proven((head) => { delete head.typ; }),
  "proof: without key": () => proven((head) => { delete head.jwk; }),
  "proof: with another key than its own": () => proven((head) => { head.jwk = strangerJwk; }),
  "proof: with a private key": async () => {
    const jwk = await crypto.subtle.exportKey("jwk", stranger.privateKey);
    return proven((head) => { head.jwk = { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y, d: jwk.d }; }, stranger);
  },
  "proof: with a symmetric key": () => onWire((init) => {
    const signed = `${jwt.part({ typ: "dpop+jwt", alg: "HS256", jwk: { kty: "oct", k: "AAAA" } })}.${jwt.part({ htm: "POST", htu: as.pushed_authorization_request_endpoint, jti: randomUUID(), iat: now() })}`;
    init.headers.dpop = `${signed}.${hmac(Buffer.from("AAAA", "base64url"))(signed)}`;
  }),
  "proof: with alg none": () => onWire((init) => {
    init.headers.dpop = `${jwt.part({ typ: "dpop+jwt", alg: "none", jwk: strangerJwk })}.${jwt.part({ htm: "POST", htu: as.pushed_authorization_request_endpoint, jti: randomUUID(), iat: now() })}.`;
  }),
  "proof: that is no JWT": () => onWire((init) => { init.headers.dpop = "proof"; }),
  "proof: two at once": () => onWire((init) => { init.headers.dpop = `${init.headers.dpop}, ${init.headers.dpop}`; }),
  "proof: a nonce that nobody gave": () => proven((_head, claims) => { claims.nonce = "guessed"; }),
  "proof: of another key than dpop_jkt": () => parameter((parameters) => parameters.set("dpop_jkt", "A".repeat(43))),
  "proof: the same twice": async () => {
    const [keep, replay] = rememberedProof();
    await target.pushed({ wire: keep });
    return onWire(replay);
  },
};

const at = (request, more) => target.arrives({ client_id: request.party.clientId, request_uri: request.requestUri, ...more });
const authorization = {
  "authorize: a good request": async () => at(await target.pushed()),
  "authorize: a request that was not pushed": async () => target.arrives({ client_id: victim.clientId, ...Object.fromEntries(target.parameters(victim, "", "A".repeat(43))) }),
  "authorize: the same request_uri after its code": async () => {
    const request = await target.pushed();
    await at(request);
    return at(request);
  },
  "authorize: request_uri of another client": async () => {
    const { requestUri } = await target.pushed();
    return target.arrives({ client_id: other.clientId, request_uri: requestUri });
  },
  "authorize: a guessed request_uri": () => target.arrives({ client_id: victim.clientId, request_uri: `urn:ietf:params:oauth:request_uri:${randomUUID()}` }),
  "authorize: request_uri at an address": () => target.arrives({ client_id: victim.clientId, request_uri: "http://127.0.0.1:9/request" }),
  "authorize: no client_id": async () => target.arrives({ request_uri: (await target.pushed()).requestUri }),
  "authorize: another redirect_uri beside the request_uri": async () => at(await target.pushed(), { redirect_uri: "https://evil.example/", state: "other" }),
  "authorize: client_id twice": async () => {
    const { requestUri } = await target.pushed();
    const url = target.authorizeUrl({ client_id: victim.clientId, request_uri: requestUri });
    url.searchParams.append("client_id", other.clientId);
    const { page, callback } = await target.browse(url);
    return callback ? `redirect ${callback.searchParams.get("error") ?? "code"}` : `page ${page}`;
  },
};

// What the client sees to: oauth4webapi refuses what the provider's own metadata lets it refuse.
const answer = async (change) => {
  const login = await target.login();
  const parameters = new URLSearchParams(login.callback.searchParams);
  change(parameters);
  return refusedByClient(() => oauth.validateAuthResponse(as, victim.client, parameters, login.parameters.get("state")));
};
const answers = {
  "answer: as it came": () => answer(() => {}),
  "answer: iss of another provider (mix-up)": () => answer((parameters) => parameters.set("iss", "https://other.example/")),
  "answer: no iss": () => answer((parameters) => parameters.delete("iss")),
  "answer: iss twice": () => answer((parameters) => parameters.append("iss", as.issuer)),
  "answer: state of another request": () => answer((parameters) => parameters.set("state", "other")),
  "answer: ID token for another nonce": async () => {
    const login = await target.login();
    const response = await target.redeem(login);
    return oauth.processAuthorizationCodeResponse(as, victim.client, response, { expectedNonce: "other" }).then(() => "accepted", (error) => `client ${error.code}`);
  },
};

const wire = (change) => redeemed({ wire: change });
const field = (name, value) => wire((init) => init.body.set(name, value));
const tokens = {
  "token: a good request": () => redeemed(),
  "token: code of another client": async () => {
    const login = await target.login();
    return seen(await target.redeem(login, { party: other }));
  },
  "token: codes of two logins swapped": async () => {
    const [first, second] = [await target.login(), await target.login()];
    return seen(await target.redeem(first, { wire: (init) => init.body.set("code", second.answer.get("code")) }));
  },
  "token: the same code twice": async () => {
    const login = await target.login();
    await target.redeem(login);
    return seen(await target.redeem(login));
  },
  "token: what the code gave, after it was used twice": async () => {
    const login = await target.login();
    const first = await (await target.redeem(login)).json();
    await target.redeem(login);
    return seen(await target.userinfo({ ...login, ...first }));
  },
  "token: a guessed code": () => field("code", "guessed"),
  "token: another verifier": () => field("code_verifier", oauth.generateRandomCodeVerifier()),
  "token: a verifier of 42 characters": () => field("code_verifier", "a".repeat(42)),
  "token: no verifier": () => wire((init) => init.body.delete("code_verifier")),
  "token: another redirect_uri": () => field("redirect_uri", "https://evil.example/callback"),
  "token: no proof (downgrade to Bearer)": () => redeemed({ proof: null }),
  "token: proof of another key than the pushed request's": () => redeemed({ proofKey: stranger }),
  "token: proof of another address": () => redeemed({ proof: (_head, claims) => { claims.htu = as.userinfo_endpoint; } }),
  "token: proof of another method": () => redeemed({ proof: (_head, claims) => { claims.htm = "GET"; } }),
  "token: the assertion of the pushed request": async () => {
    const [keep, replay] = remembered();
    const login = await target.login({ wire: keep });
    return seen(await target.redeem(login, { wire: replay }));
  },
  "token: the proof of another redemption": async () => {
    const [keep, replay] = rememberedProof();
    await target.redeem(await target.login(), { wire: keep });
    return wire(replay);
  },
  "token: no authentication": () => wire((init) => { init.body.delete("client_assertion"); init.body.delete("client_assertion_type"); }),
  "token: grant_type twice": () => wire(again("grant_type", "password")),
  "token: code twice": () => wire(again("code", "other")),
  "token: grant_type password": () => field("grant_type", "password"),
  "token: grant_type implicit": () => field("grant_type", "implicit"),
  "token: grant_type client_credentials of a client for people": () => wire((init) => { init.body.set("grant_type", "client_credentials"); init.body.delete("code"); }),
  "token: grant_type refresh_token of a client without": () => wire((init) => { init.body.set("grant_type", "refresh_token"); init.body.set("refresh_token", "guessed"); }),
  "token: no grant_type": () => wire((init) => init.body.delete("grant_type")),
  "token: a code of 100 kB": () => field("code", large),
  "token: NUL in code": () => field("code", "a\0b"),
  "token: bad UTF-8 in code": () => wire((init) => { init.body.delete("code"); again("code", "%c3%28")(init); }),
  "token: by GET": () => wire(asGet),
  "token: as JSON": () => wire(asJson),
  "token: as multipart": () => wire((init) => { init.headers["content-type"] = "multipart/form-data; boundary=x"; init.body = "--x\r\n\r\n--x--"; }),
};

const userinfo = {
  "userinfo: a good request": () => informed(),
  "userinfo: a bound token as Bearer": () => informed({ wire: (init) => { init.headers.authorization = init.headers.authorization.replace(/^DPoP/i, "Bearer"); delete init.headers.dpop; } }),
  "userinfo: a bound token as Bearer with its proof": () => informed({ wire: (init) => { init.headers.authorization = init.headers.authorization.replace(/^DPoP/i, "Bearer"); } }),
  "userinfo: no proof": () => informed({ wire: (init) => { delete init.headers.dpop; } }),
  "userinfo: proof of another key": () => informed({ proofKey: stranger }),
  "userinfo: proof without ath": () => informed({ proof: (_head, claims) => { delete claims.ath; } }),
  "userinfo: proof for another token (ath)": () => informed({ proof: (_head, claims) => { claims.ath = "A".repeat(43); } }),
  "userinfo: proof of another method": () => informed({ proof: (_head, claims) => { claims.htm = "POST"; } }),
  "userinfo: proof of another address": () => informed({ proof: (_head, claims) => { claims.htu = as.token_endpoint; } }),
  "userinfo: the same proof twice": async () => {
    const [keep, replay] = rememberedProof();
    const held = await target.tokens();
    await target.userinfo(held, { wire: keep });
    return seen(await target.userinfo(held, { wire: replay }));
  },
  "userinfo: an ID token": async () => {
    const held = await target.tokens();
    return seen(await target.userinfo({ ...held, access_token: held.id_token }));
  },
  "userinfo: a token that was changed": async () => {
    const held = await target.tokens();
    return seen(await target.userinfo({ ...held, access_token: `${held.access_token.slice(0, -4)}AAAA` }));
  },
  "userinfo: no token": () => informed({ wire: (init) => { delete init.headers.authorization; delete init.headers.dpop; } }),
  "userinfo: the token in the address": () => informed({
    wire(init, url) {
      url.searchParams.set("access_token", init.headers.authorization.split(" ")[1]);
      delete init.headers.authorization;
      return url;
    },
  }),
};

const strangerJwk = await crypto.subtle.exportKey("jwk", stranger.publicKey).then(({ kty, crv, x, y }) => ({ kty, crv, x, y }));
const seenRows = {};
for (const [row, attempt] of Object.entries({ ...pushedRequests, ...proofs, ...authorization, ...answers, ...tokens, ...userinfo })) {
  // A row that breaks says so in its place: no row goes missing.
  seenRows[row] = await attempt().catch((error) => `broken: ${error.code ?? ""} ${error.message}`);
}
console.log(JSON.stringify(seenRows));
