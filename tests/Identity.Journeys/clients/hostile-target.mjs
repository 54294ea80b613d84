// A provider under attack, for hostile-requests.mjs: oauth4webapi makes every request as a good client would, and an attack changes one thing of it.
import * as oauth from "oauth4webapi";

const insecure = { [oauth.allowInsecureRequests]: true };

export const jwt = {
  part: (value) => Buffer.from(JSON.stringify(value)).toString("base64url"),
  payload: (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url")),
  header: (token) => JSON.parse(Buffer.from(token.split(".")[0], "base64url")),
};

/** One relying party: who it is, and the key that its tokens are bound to. */
class Party {
  static async of({ clientId, redirectUri, jwk }) {
    const { d: _private, ...publicJwk } = jwk;
    const key = await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
    const proofKey = await oauth.generateKeyPair("ES256", { extractable: true });
    return Object.assign(new Party(), { clientId, redirectUri, publicJwk, key, kid: jwk.kid, proofKey, client: { client_id: clientId } });
  }

  authentication({ claims, header, key } = {}) {
    return oauth.PrivateKeyJwt({ key: key ?? this.key, kid: this.kid }, {
      [oauth.modifyAssertion](head, payload) {
        claims?.(payload);
        header?.(head);
      },
    });
  }
}

/** The HTTP answer in one line: what a table compares. */
export async function seen(response) {
  // RFC 6750 3: at a protected resource the challenge says what is wrong.
  const challenge = response.headers.get("www-authenticate");
  const text = await response.text();
  const error = challenge ? challenge.match(/error="([^"]+)"/)?.[1] ?? "challenge" : text.startsWith("{") ? JSON.parse(text).error : undefined;
  return [response.status, error].filter((part) => part !== undefined).join(" ");
}

export class Target {
  static async of({ issuer, clients, cookies }) {
    const address = new URL(issuer);
    const as = await oauth.processDiscoveryResponse(address, await oauth.discoveryRequest(address, insecure));
    const [victim, other] = await Promise.all(clients.map(Party.of));
    return Object.assign(new Target(), { as, victim, other, cookies: new Map(Object.entries(cookies ?? {})) });
  }

  // An attack: { party, assertion: { claims, header, key }, proof(head, payload) | null, proofKey, wire(init, url) }.
  #options(party, attack) {
    const handle = attack.proof === null ? undefined
      : oauth.DPoP(party.client, attack.proofKey ?? party.proofKey, { [oauth.modifyAssertion]: (head, payload) => attack.proof?.(head, payload) });
    return {
      ...insecure,
      DPoP: handle,
      [oauth.customFetch]: async (url, init) => fetch((await attack.wire?.(init, new URL(url))) ?? url, init),
    };
  }

  parameters(party, verifier, challenge) {
    return new URLSearchParams({
      response_type: "code",
      redirect_uri: party.redirectUri,
      scope: "openid profile",
      state: oauth.generateRandomState(),
      nonce: oauth.generateRandomNonce(),
      code_challenge: challenge,
      code_challenge_method: "S256",
    });
  }

  async push(attack = {}, change = () => {}) {
    const party = attack.party ?? this.victim;
    const verifier = oauth.generateRandomCodeVerifier();
    const parameters = this.parameters(party, verifier, await oauth.calculatePKCECodeChallenge(verifier));
    change(parameters);
    const response = await oauth.pushedAuthorizationRequest(
      this.as, party.client, party.authentication(attack.assertion), parameters, this.#options(party, attack));
    return { party, verifier, parameters, response };
  }

  /** A request that must have been accepted. */
  async pushed(attack, change) {
    const request = await this.push(attack, change);
    const { request_uri: requestUri } = await oauth.processPushedAuthorizationResponse(this.as, request.party.client, request.response);
    return { ...request, requestUri };
  }

  authorizeUrl(parameters) {
    const url = new URL(this.as.authorization_endpoint);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.append(name, value);
    return url;
  }

  /** What a signed-in person's browser meets: the address of a relying party, or a page that it stays at. */
  async browse(url) {
    for (let step = 0; step < 10; step++) {
      const response = await fetch(url, {
        redirect: "manual",
        headers: { accept: "text/html", cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
      });
      for (const cookie of response.headers.getSetCookie()) {
        const [, name, value] = cookie.match(/^([^=]+)=([^;]*)/);
        if (value) this.cookies.set(name, value);
        else this.cookies.delete(name);
      }
      const location = response.headers.get("location");
      if (location === null) return { page: response.status };
      url = new URL(location, url);
      if (url.origin !== new URL(this.as.issuer).origin) return { callback: url };
    }
    throw new Error("too many redirects");
  }

  async arrives(parameters) {
    const { page, callback } = await this.browse(this.authorizeUrl(parameters));
    return callback ? `redirect ${callback.searchParams.get("error") ?? "code"}` : `page ${page}`;
  }

  /** The response to a good request, accepted by the client that made it. */
  async login(attack, change) {
    const request = await this.pushed(attack, change);
    const { callback } = await this.browse(this.authorizeUrl({ client_id: request.party.clientId, request_uri: request.requestUri }));
    const answer = oauth.validateAuthResponse(this.as, request.party.client, callback, request.parameters.get("state"));
    return { ...request, callback, answer };
  }

  redeem(login, attack = {}) {
    const party = attack.party ?? login.party;
    return oauth.authorizationCodeGrantRequest(
      this.as, party.client, party.authentication(attack.assertion), login.answer, login.party.redirectUri, login.verifier, this.#options(party, attack));
  }

  /** Tokens that a good client accepts. */
  async tokens() {
    const login = await this.login();
    const tokens = await oauth.processAuthorizationCodeResponse(this.as, login.party.client, await this.redeem(login), {
      expectedNonce: login.parameters.get("nonce"),
      requireIdToken: true,
    });
    return { ...login, ...tokens };
  }

  userinfo(tokens, attack = {}) {
    return oauth.userInfoRequest(this.as, tokens.party.client, tokens.access_token, this.#options(tokens.party, attack))
      .catch((error) => error.response ?? Promise.reject(error));
  }
}
