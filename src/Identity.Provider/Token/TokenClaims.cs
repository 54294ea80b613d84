using System.Security.Claims;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.Token;

/// <summary>
/// What of the inner claims leaves the house. Inside, a token's subject is the person's pseudonym, so that everything of one person can be
/// found and ended; what is written into a token is the pairwise subject that <c>/authorize</c> looked up (OpenID Connect Core 8).
/// </summary>
internal sealed class TokenClaims : IOpenIddictServerHandler<GenerateTokenContext>
{
    /// <summary>Carries the pairwise subject from <c>/authorize</c> to the tokens.</summary>
    internal const string PairwiseSubjectClaim = "pairwise_sub";

    public ValueTask HandleAsync(GenerateTokenContext context)
    {
        if (context.TokenType is not (TokenTypeIdentifiers.AccessToken or TokenTypeIdentifiers.IdentityToken)
            || context.SecurityTokenDescriptor.Subject is not { } subject)
        {
            return ValueTask.CompletedTask;
        }

        var pairwise = subject.FindFirst(PairwiseSubjectClaim)?.Value;
        if (pairwise is null && !context.Transaction.Request!.IsClientCredentialsGrantType())
            throw new InvalidOperationException("A token of a person without pairwise subject: the inner pseudonym would have left the house.");
        if (pairwise is not null)
        {
            Remove(subject, claim => claim.Type is PairwiseSubjectClaim or Claims.Subject);
            subject.AddClaim(new Claim(Claims.Subject, pairwise));
        }

        // The identifiers of the entries behind it are no business of the reader of an ID token; the access token needs its own.
        if (context.TokenType == TokenTypeIdentifiers.IdentityToken)
            Remove(subject, claim => claim.Type.StartsWith("oi_", StringComparison.Ordinal));
        return ValueTask.CompletedTask;
    }

    private static void Remove(ClaimsIdentity subject, Predicate<Claim> which)
    {
        foreach (var claim in subject.FindAll(which).ToList())
            subject.RemoveClaim(claim);
    }

    /// <summary>ID tokens have no entry: nothing is looked up by one, and an entry would name every login once more.</summary>
    internal sealed class NoIdentityTokenEntry : IOpenIddictServerHandler<GenerateTokenContext>
    {
        public ValueTask HandleAsync(GenerateTokenContext context)
        {
            if (context.TokenType == TokenTypeIdentifiers.IdentityToken)
                context.CreateTokenEntry = false;
            return ValueTask.CompletedTask;
        }
    }
}
