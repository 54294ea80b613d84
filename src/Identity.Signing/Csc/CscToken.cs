using Identity.Signing.Approvals;

namespace Identity.Signing.Csc;

/// <summary>A person's token at this service: who asks, for whom, for what.</summary>
/// <param name="Text">As it came, to ask about once more.</param>
/// <param name="ExtendedSad">Of credentials/extendTransaction, beside the token; null: the token itself is the SAD, or there is none.</param>
internal sealed record CscAuthorization(string Text, IntrospectedToken Token, string? ExtendedSad = null)
{
    /// <summary>The approval that the token says it is of; null: none.</summary>
    public string? ApprovalId => Token.Evidence is { Length: <= StoredEvidence.LongestEvidence } evidence ? AuthorizationDetails.ClaimedApprovalId(evidence) : null;

    public string Client => Token.Client;

    public string Subject => Token.Subject;
}

/// <summary>CSC API v2 8.4: tokens of the Provider with scope service (a person's credentials) or credential (one approval, in place of a SAD).</summary>
internal sealed class CscToken(ProviderIntrospection introspection, ProofOfPossession possession, TimeProvider time)
{
    public const string ServiceScope = "service";
    public const string CredentialScope = "credential";
    public const int Longest = 8 * 1024;
    private static readonly string[] Schemes = ["Bearer ", "DPoP "];

    /// <summary>The token in the header, with one of these scopes.</summary>
    public async Task<CscAuthorization> Authorize(HttpRequest request, CancellationToken cancellation, params string[] scopes)
    {
        // RFC 6750 2.1, RFC 9449 7.1.
        if (request.Headers.Authorization is not [{ } header] || Array.Find(Schemes, scheme => header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)) is not { } used)
            throw new CscRefusedException(request.Headers.Authorization.Count == 0 ? CscError.InvalidToken : CscError.InvalidRequest("Malformed authorization header"));
        var text = header[used.Length..].Trim();
        if (text.Length is 0 or > Longest || text.Any(c => c is <= ' ' or >= '\x7f'))
            throw new CscRefusedException(CscError.InvalidRequest("Malformed authorization header"));
        if (await introspection.Ask(text, null, cancellation) is not { } token)
            throw new CscRefusedException(CscError.InvalidToken);
        // RFC 9449 7.1: a bound token is not a bearer token, nor the other way round.
        if ((token.KeyThumbprint is null) != (used == Schemes[0]))
            throw new CscRefusedException(CscError.InvalidToken);
        if (token.KeyThumbprint is { } thumbprint && !await possession.Proves(request, text, thumbprint, cancellation))
            throw new CscRefusedException(CscError.InvalidProof);
        return scopes.Any(scope => token.Scopes.Contains(scope)) ? new CscAuthorization(text, token) : throw new CscRefusedException(CscError.AccessDenied);
    }

    /// <summary>
    /// CSC API v2 11.10: the credential token, in the header or, beside a service token of the same client, person and key, as SAD. What is wrong with a SAD is told in the
    /// words for it.
    /// </summary>
    /// <param name="authorized">The token in the header, of either scope.</param>
    /// <param name="body">Perhaps has the SAD.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<CscAuthorization> AuthorizeCredential(CscAuthorization authorized, CscBody body, CancellationToken cancellation)
    {
        var sad = body.Text("SAD", Longest);
        // 11.9: known where its transaction is, and bound to who holds these tokens.
        if (sad?.StartsWith(SigningTransaction.Prefix, StringComparison.Ordinal) == true)
            return authorized with { ExtendedSad = sad };
        if (authorized.Token.Scopes.Contains(CredentialScope))
            return sad is null || sad == authorized.Text ? authorized : throw new CscRefusedException(CscError.Invalid("SAD"));
        if (sad is null)
            throw new CscRefusedException(CscError.MissingString("SAD"));
        if (await introspection.Ask(sad, null, cancellation) is not { } token)
            throw new CscRefusedException(SadExpiry.HasPassed(sad, time) ? CscError.InvalidRequest("SAD expired") : CscError.Invalid("SAD"));
        // RFC 9449 7: who holds the service token's key holds this one's.
        return token.Scopes.Contains(CredentialScope) && token.Client == authorized.Client && token.Subject == authorized.Subject && token.KeyThumbprint == authorized.Token.KeyThumbprint
            ? new CscAuthorization(sad, token)
            : throw new CscRefusedException(CscError.Invalid("SAD"));
    }

    public Task<IntrospectedToken?> AskForStatement(CscAuthorization authorization, string keyHash, CancellationToken cancellation) => introspection.Ask(authorization.Text, keyHash, cancellation);
}
