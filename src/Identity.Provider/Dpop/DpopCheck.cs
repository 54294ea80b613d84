using Identity.Provider.Storage;
using Identity.Web;

namespace Identity.Provider.Dpop;

/// <summary>What the check of a request's proof found.</summary>
internal abstract record DpopOutcome
{
    private DpopOutcome()
    {
    }

    /// <summary>The request carries no proof.</summary>
    internal sealed record Absent : DpopOutcome;

    internal sealed record Proven(string Thumbprint) : DpopOutcome;

    /// <param name="Error">RFC 9449 5 or 8.</param>
    internal sealed record Refused(string Error, string Description) : DpopOutcome;
}

/// <summary>Reads the proof of a request, and lets each be used once (RFC 9449 4.3, 11.1).</summary>
internal sealed partial class DpopCheck(RedisStore redis, DpopNonces nonces, ProviderSettings settings, TimeProvider time, ILogger<DpopCheck> logger)
{
    internal const string InvalidProof = "invalid_dpop_proof";
    internal const string UseNonce = "use_dpop_nonce";

    /// <param name="request">Of an authenticated client, or with a valid access token: only they can make entries in Redis.</param>
    /// <param name="endpoint">Path below the issuer.</param>
    public async Task<DpopOutcome> Check(HttpRequest request, string endpoint, string? accessToken = null)
    {
        var header = request.Headers["DPoP"];
        if (header.Count == 0)
            return new DpopOutcome.Absent();
        // (1) One header field with one proof.
        if (header.Count > 1 || header[0] is not { } text)
            return Refuse("more than one DPoP header");
        // Not the address that the connection came to: a proxy stands before it.
        // RFC 8705 5: who shows a certificate called the endpoint by its alias.
        var called = settings.MutualTls is { } mutual && request.HttpContext.Connection.ClientCertificate is not null ? mutual.Address : settings.Issuer;
        var proven = new ProvenRequest(request.Method, new Uri(called, endpoint), accessToken);
        if (DpopProof.Read(text, proven, time.GetUtcNow(), out var refusal) is not { } proof)
            return Refuse(refusal);
        // (10) RFC 9449 8: one that this Provider gave out, lately.
        if (proof.Nonce is null ? settings.RequireDpopNonce : !nonces.IsCurrent(proof.Nonce))
        {
            LogRefused(logger, "nonce is missing or over");
            return new DpopOutcome.Refused(UseNonce, "The proof must hold the nonce of the DPoP-Nonce header.");
        }

        if (!await redis.UseOnce($"dpop:{proof.ReplayKey}", DpopProof.LongestLife + DpopProof.Skew))
            return Refuse("jti was used before");
        return new DpopOutcome.Proven(proof.Thumbprint);
    }

    /// <summary>RFC 9449 8.2: the nonce for the next proof comes with every answer to a request with a proof, and with the refusal that asks for one.</summary>
    public void OfferNonce(HttpContext context)
    {
        if (settings.RequireDpopNonce || context.Request.Headers.ContainsKey("DPoP"))
            context.Response.Headers["DPoP-Nonce"] = nonces.New();
    }

    private DpopOutcome.Refused Refuse(string why)
    {
        LogRefused(logger, SafeText.ForDisplay(why));
        return new DpopOutcome.Refused(InvalidProof, "The DPoP proof was refused.");
    }

    [LoggerMessage(LogLevel.Warning, "DPoP proof refused: {Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);
}
