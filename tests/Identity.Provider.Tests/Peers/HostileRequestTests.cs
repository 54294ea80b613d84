namespace Identity.Provider.Peers;

/// <summary>
/// What hostile-requests.mjs was answered, row by row, by our Provider and by npm's oidc-provider 9.13.3: a row of ours that is wrong would show in the
/// other's answer. Where they differ the specification decides, and the row names the clause. A good request of each kind is in the list too: what is
/// refused beside it is refused for the one thing that differs.
/// </summary>
public sealed class HostileRequestTests(HostileRequests sent) : IClassFixture<HostileRequests>
{
    /// <param name="Name">As in the script.</param>
    /// <param name="Ours">Status and error code.</param>
    /// <param name="Reference">Of the other provider, where it answers differently.</param>
    /// <param name="Clause">Then: why ours is right.</param>
    private sealed record Row(string Name, string Ours, string? Reference = null, string? Clause = null);

    private static readonly Row[] Rows =
    [
        new("pushed: a good request", "201"),
        new("pushed: signed by a foreign key", "401 invalid_client"),
        new("pushed: assertion by RS256 with a foreign key", "401 invalid_client"),
        new("pushed: assertion with alg none", "401 invalid_client"),
        new("pushed: assertion by HS256 with the public JWK", "401 invalid_client"),
        new("pushed: assertion by HS256 with the public PEM", "401 invalid_client"),
        new("pushed: assertion with a key of its own in jwk", "401 invalid_client"),
        new("pushed: assertion with an address of its own in jku", "401 invalid_client"),
        new("pushed: assertion that must be understood differently (crit)", "401 invalid_client"),
        new("pushed: assertion of another client", "401 invalid_client", "400 invalid_request", "RFC 7521 4.2.1: iss of another client is a failed authentication"),
        new("pushed: assertion whose sub is another client", "401 invalid_client", "400 invalid_request", "RFC 7521 4.2.1: so is sub"),
        new("pushed: client_id of another client beside the assertion", "401 invalid_client", "400 invalid_request",
            "RFC 7521 4.2, 4.2.1: client_id must be the client of the assertion"),
        new("pushed: assertion for another server", "401 invalid_client"),
        new("pushed: assertion for this server and another", "401 invalid_client"),
        new("pushed: assertion for the token endpoint", "401 invalid_client"),
        new("pushed: assertion without aud", "401 invalid_client"),
        new("pushed: assertion without exp", "401 invalid_client"),
        new("pushed: assertion that ended an hour ago", "401 invalid_client"),
        new("pushed: assertion for ten years", "401 invalid_client", "201", "RFC 7523 3 (4): may be refused, and what is remembered must end"),
        new("pushed: assertion that begins in an hour", "401 invalid_client"),
        new("pushed: assertion without jti", "401 invalid_client"),
        new("pushed: the same assertion twice", "401 invalid_client"),
        new("pushed: an ID token as assertion", "401 invalid_client", "400 invalid_request", "RFC 7523 3.2: an assertion that is not valid is invalid_client"),
        new("pushed: assertion of 9 kB", "401 invalid_client", "201", "RFC 7521 4.2.1: a limit of ours, checked before anything is decoded"),
        new("pushed: another client_assertion_type", "401 invalid_client", "400 invalid_request", "RFC 6749 5.2: an unsupported method is invalid_client"),
        new("pushed: no authentication", "401 invalid_client"),
        new("pushed: a secret in place of the assertion", "401 invalid_client"),
        new("pushed: a secret beside the assertion", "400 invalid_request"),
        new("pushed: an unknown client", "401 invalid_client"),
        new("pushed: another redirect_uri", "400 invalid_request"),
        new("pushed: redirect_uri with a longer path", "400 invalid_request"),
        new("pushed: redirect_uri with a query", "400 invalid_request"),
        new("pushed: redirect_uri with a fragment", "400 invalid_request"),
        new("pushed: redirect_uri of another client", "400 invalid_request"),
        new("pushed: no redirect_uri", "400 invalid_request"),
        new("pushed: code_challenge_method plain", "400 invalid_request"),
        new("pushed: no code_challenge_method", "400 invalid_request"),
        new("pushed: no code_challenge", "400 invalid_request"),
        new("pushed: a code_challenge of 3 characters", "400 invalid_request"),
        new("pushed: response_type token", "400 unsupported_response_type"),
        new("pushed: response_type code id_token", "400 unsupported_response_type", "400 invalid_request", "RFC 6749 4.1.2.1: a response type that is not supported"),
        new("pushed: an unknown response_mode", "400 invalid_request", "400 unsupported_response_mode",
            "RFC 6749 4.1.2.1: an invalid value; no standard has a code of its own for it"),
        new("pushed: a scope that is not the client's", "400 invalid_scope", "201", "RFC 6749 3.3: refused, or ignored as the reference does; both are allowed"),
        new("pushed: request_uri inside", "400 invalid_request", "400 request_uri_not_supported", "RFC 9126 2.1: must be refused; both codes are registered for it"),
        new("pushed: an unsigned request object", "400 request_not_supported"),
        new("pushed: state twice", "400 invalid_request"),
        new("pushed: redirect_uri twice", "400 invalid_request"),
        new("pushed: client_id twice", "400 invalid_request"),
        new("pushed: a state of 100 kB", "400 invalid_request"),
        new("pushed: a state of 400 kB", "413 too_large", "400 invalid_request", "RFC 9126 2.3: too large is 413"),
        new("pushed: NUL in state", "400 invalid_request", "201", "RFC 6749 A.5: state is printable ASCII"),
        new("pushed: NUL in client_id", "400 invalid_request"),
        new("pushed: bad UTF-8 in state", "400 invalid_request", "201", "RFC 6749 appendix B: what is escaped is UTF-8"),
        new("pushed: by GET", "405 invalid_request", "404", "RFC 9126 2.3: another method is 405"),
        new("pushed: as JSON", "400 invalid_request"),
        new("pushed: without a content type", "400 invalid_request"),

        new("proof: of another address", "400 invalid_dpop_proof"),
        new("proof: of another method", "400 invalid_dpop_proof"),
        new("proof: an hour old", "400 invalid_dpop_proof"),
        new("proof: an hour ahead", "400 invalid_dpop_proof"),
        new("proof: without jti", "400 invalid_dpop_proof"),
        new("proof: without type", "400 invalid_dpop_proof"),
        new("proof: without key", "400 invalid_dpop_proof"),
        new("proof: with another key than its own", "400 invalid_dpop_proof"),
        new("proof: with a private key", "400 invalid_dpop_proof"),
        new("proof: with a symmetric key", "400 invalid_dpop_proof"),
        new("proof: with alg none", "400 invalid_dpop_proof"),
        new("proof: that is no JWT", "400 invalid_dpop_proof"),
        new("proof: two at once", "400 invalid_dpop_proof"),
        new("proof: a nonce that nobody gave", "400 use_dpop_nonce", "400 invalid_dpop_proof", "RFC 9449 8: the answer names a good one"),
        new("proof: of another key than dpop_jkt", "400 invalid_dpop_proof", "400 invalid_request", "RFC 9449 10.1: must be refused; it is the proof that does not fit"),
        new("proof: the same twice", "400 invalid_dpop_proof", "400 invalid_request", "RFC 9449 5, 11.1: an invalid proof has its own code"),

        new("authorize: a good request", "redirect code"),
        new("authorize: a request that was not pushed", "redirect invalid_request"),
        new("authorize: the same request_uri after its code", "page 400"),
        new("authorize: request_uri of another client", "page 400"),
        new("authorize: a guessed request_uri", "page 400"),
        new("authorize: request_uri at an address", "page 400"),
        new("authorize: no client_id", "page 400"),
        new("authorize: another redirect_uri beside the request_uri", "redirect code"),
        new("authorize: client_id twice", "page 400"),

        new("answer: as it came", "accepted"),
        new("answer: iss of another provider (mix-up)", "client OAUTH_INVALID_RESPONSE"),
        new("answer: no iss", "client OAUTH_INVALID_RESPONSE"),
        new("answer: iss twice", "client OAUTH_INVALID_RESPONSE"),
        new("answer: state of another request", "client OAUTH_INVALID_RESPONSE"),
        new("answer: ID token for another nonce", "client OAUTH_JWT_CLAIM_COMPARISON_FAILED"),

        new("token: a good request", "200"),
        new("token: code of another client", "400 invalid_grant"),
        new("token: codes of two logins swapped", "400 invalid_grant"),
        new("token: the same code twice", "400 invalid_grant"),
        new("token: what the code gave, after it was used twice", "401 invalid_token"),
        new("token: a guessed code", "400 invalid_grant"),
        new("token: another verifier", "400 invalid_grant"),
        new("token: a verifier of 42 characters", "400 invalid_grant", "400 invalid_request",
            "RFC 7636 4.6: a verifier that does not fit is invalid_grant, whatever its length"),
        new("token: no verifier", "400 invalid_grant"),
        new("token: another redirect_uri", "400 invalid_grant"),
        new("token: no proof (downgrade to Bearer)", "400 invalid_grant"),
        new("token: proof of another key than the pushed request's", "400 invalid_grant"),
        new("token: proof of another address", "400 invalid_dpop_proof"),
        new("token: proof of another method", "400 invalid_dpop_proof"),
        new("token: the assertion of the pushed request", "401 invalid_client"),
        new("token: the proof of another redemption", "400 invalid_dpop_proof", "400 invalid_grant", "RFC 9449 5, 11.1: an invalid proof has its own code"),
        new("token: no authentication", "401 invalid_client"),
        new("token: grant_type twice", "400 invalid_request"),
        new("token: code twice", "400 invalid_request"),
        new("token: grant_type password", "400 unsupported_grant_type"),
        new("token: grant_type implicit", "400 unsupported_grant_type"),
        new("token: grant_type client_credentials of a client for people", "400 unauthorized_client", "400 unsupported_grant_type",
            "RFC 6749 5.2: ours has the grant for others; the reference has it for nobody"),
        new("token: grant_type refresh_token of a client without", "400 invalid_grant", "400 unsupported_grant_type",
            "RFC 6749 5.2: ours has the grant for others, and the token is good for nobody; the reference has it for nobody"),
        new("token: no grant_type", "400 invalid_request"),
        new("token: a code of 100 kB", "413 too_large", "400 invalid_request", "RFC 9110 15.5.14: too large is 413"),
        new("token: NUL in code", "400 invalid_request", "400 invalid_grant", "RFC 6749 A.11: a code is printable ASCII; this request is malformed"),
        new("token: bad UTF-8 in code", "400 invalid_request", "400 invalid_grant", "RFC 6749 appendix B: what is escaped is UTF-8"),
        new("token: by GET", "400 invalid_request", "404", "RFC 6749 3.2, 5.2: must be POST; the answer is one of this endpoint"),
        new("token: as JSON", "400 invalid_request"),
        new("token: as multipart", "400 invalid_request"),

        new("userinfo: a good request", "200"),
        new("userinfo: a bound token as Bearer", "401 invalid_token"),
        new("userinfo: a bound token as Bearer with its proof", "401 invalid_token", "400 invalid_request", "RFC 9449 7.2: a bound token is no valid Bearer token"),
        new("userinfo: no proof", "401 invalid_dpop_proof", "400 invalid_request", "RFC 9449 7.1: the challenge says that a proof is needed"),
        new("userinfo: proof of another key", "401 invalid_dpop_proof", "401 invalid_token", "RFC 9449 4.3 (12), 7.1: a check of the proof, which has its own code"),
        new("userinfo: proof without ath", "401 invalid_dpop_proof"),
        new("userinfo: proof for another token (ath)", "401 invalid_dpop_proof"),
        new("userinfo: proof of another method", "401 invalid_dpop_proof"),
        new("userinfo: proof of another address", "401 invalid_dpop_proof"),
        new("userinfo: the same proof twice", "401 invalid_dpop_proof", "401 invalid_token", "RFC 9449 7.1, 11.1: an invalid proof has its own code"),
        new("userinfo: an ID token", "401 invalid_token"),
        new("userinfo: a token that was changed", "401 invalid_token"),
        new("userinfo: no token", "401 challenge"),
        new("userinfo: the token in the address", "400 invalid_request"),
    ];

    public static TheoryData<string> Names => new(Rows.Select(row => row.Name));

    [Fact]
    public void No_row_is_skipped_on_either_side()
    {
        Assert.Equal(Rows.Select(row => row.Name), sent.Ours.Keys);
        Assert.Equal(Rows.Select(row => row.Name), sent.Reference.Keys);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Is_answered_as_the_specification_says(string name) => Assert.Equal(Find(name).Ours, sent.Ours[name]);

    [Theory]
    [MemberData(nameof(Names))]
    public void The_reference_answers_the_same_or_the_row_says_why_not(string name)
    {
        var row = Find(name);
        Assert.Equal(row.Reference ?? row.Ours, sent.Reference[name]);
        Assert.Equal(row.Reference is null, row.Clause is null);
    }

    private static Row Find(string name) => Rows.Single(row => row.Name == name);
}
