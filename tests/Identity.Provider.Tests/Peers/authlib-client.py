"""Authlib as a relying party without pushed requests, as one line of JSON says: issuer, clientId, redirectUri, scope, and secret or privateKey (PEM).

Prints the address to open; reads the address that the browser was sent back to; prints what it then learned. Signatures and claims of the ID token
are checked by Authlib's own JOSE.
"""
import json
import sys
import time

from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken

setup = json.loads(sys.stdin.readline())
method = "private_key_jwt" if "privateKey" in setup else "client_secret_basic"
session = OAuth2Session(
    setup["clientId"], setup.get("secret") or setup.get("privateKey"), scope=setup["scope"], redirect_uri=setup["redirectUri"],
    token_endpoint_auth_method=method, code_challenge_method="S256")
metadata = session.get(setup["issuer"] + ".well-known/openid-configuration", withhold_token=True).json()


class ShortLived(PrivateKeyJWT):
    """Its own assertions live for an hour, which is longer than any provider should remember what was used."""

    def sign(self, auth, token_endpoint):
        self.claims = {"exp": int(time.time()) + setup.get("assertionSeconds", 60), "jti": generate_token(36)}
        return super().sign(auth, token_endpoint)


# Authlib names the token endpoint as the audience.
session.register_client_auth_method(ShortLived(metadata["token_endpoint"], alg="ES256"))

nonce = generate_token()
verifier = generate_token(48)
address, state = session.create_authorization_url(metadata["authorization_endpoint"], nonce=nonce, code_verifier=verifier)
print(json.dumps({"address": address}), flush=True)

callback = sys.stdin.readline().strip()
try:
    token = session.fetch_token(
        metadata["token_endpoint"], authorization_response=callback, state=state, code_verifier=verifier)
    keys = JsonWebKey.import_key_set(session.get(metadata["jwks_uri"], withhold_token=True).json())
    claims = JsonWebToken(["RS256", "ES256", "PS256"]).decode(
        token["id_token"], keys, claims_cls=CodeIDToken,
        claims_options={"iss": {"essential": True, "value": metadata["issuer"]}, "aud": {"essential": True, "value": setup["clientId"]}},
        claims_params={"nonce": nonce, "client_id": setup["clientId"], "access_token": token["access_token"]})
    claims.validate(leeway=5)
    result = {
        "tokenType": token["token_type"], "algorithm": claims.header["alg"], "claims": dict(claims),
        "userInfo": session.get(metadata["userinfo_endpoint"]).json(),
    }
except OAuthError as error:
    result = {"error": error.error}
print(json.dumps(result), flush=True)
