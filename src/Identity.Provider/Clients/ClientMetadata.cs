using System.Text.Json;
using System.Text.Json.Serialization;
using OpenIddict.Abstractions;

namespace Identity.Provider.Clients;

/// <summary>
/// What a client is registered for beyond what the protocol engine keeps itself; stored with the client as one JSON value. Names are those of
/// RFC 7591 2, OpenID Connect Registration 2, RFC 8705, RFC 9126, RFC 9449 and OpenID Connect Back-Channel Logout 2.2.
/// </summary>
public sealed record ClientMetadata
{
    /// <summary>The property under which a client holds it.</summary>
    internal const string Property = "metadata";

    /// <summary><see cref="Origin"/> of clients that the settings name: only they are removed when the settings name them no more.</summary>
    internal const string FromSettings = "settings";

    internal const string FromCommand = "command";

    internal const string FromRegistration = "registration";

    private static readonly JsonSerializerOptions Written = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Where the registration came from.</summary>
    public string Origin { get; init; } = FromSettings;

    public required SecurityProfile Profile { get; init; }

    /// <summary>Of its pairwise subjects.</summary>
    public required string Sector { get; init; }

    public string ApplicationType { get; init; } = NativeApplication.Web;

    public required string TokenEndpointAuthMethod { get; init; }

    /// <summary>Fetched for the keys of its assertions and of what is encrypted for it; null: its keys are registered.</summary>
    public string? JwksUri { get; init; }

    /// <summary>RFC 8705 2.1.2: for <c>tls_client_auth</c>, the one subject (RFC 4514) or DNS name of its certificate.</summary>
    public string? TlsClientAuthSubjectDn { get; init; }

    public string? TlsClientAuthSanDns { get; init; }

    public bool DpopBoundAccessTokens { get; init; }

    public bool TlsClientCertificateBoundAccessTokens { get; init; }

    public required string IdTokenSignedResponseAlg { get; init; }

    public string? IdTokenEncryptedResponseAlg { get; init; }

    public string? IdTokenEncryptedResponseEnc { get; init; }

    /// <summary>Null: userinfo is plain JSON.</summary>
    public string? UserinfoSignedResponseAlg { get; init; }

    public string? UserinfoEncryptedResponseAlg { get; init; }

    public string? UserinfoEncryptedResponseEnc { get; init; }

    public string? BackchannelLogoutUri { get; init; }

    public bool BackchannelLogoutSessionRequired { get; init; }

    /// <summary>RFC 9396 10.</summary>
    public IReadOnlyList<string> AuthorizationDetailsTypes { get; init; } = [];

    /// <summary>The operator has ended it for now: it is as if it were not registered.</summary>
    public bool Disabled { get; init; }

    /// <summary>RFC 9700 4.14.2, FAPI 2.0 5.3.2.1 (9): a new refresh token at each use, for clients that do not prove their own key at each use.</summary>
    internal bool RotatesRefreshTokens => Profile == SecurityProfile.Legacy || TokenEndpointAuthMethod == "none";

    internal bool IsNative => ApplicationType == NativeApplication.Type;

    internal JsonElement ToJson() => JsonSerializer.SerializeToElement(this, Written);

    internal static ClientMetadata? From(IReadOnlyDictionary<string, JsonElement> properties) =>
        properties.TryGetValue(Property, out var value) ? value.Deserialize<ClientMetadata>(Written) : null;

    /// <param name="properties">As the protocol engine stores them: a JSON object.</param>
    internal static ClientMetadata? From(string? properties)
    {
        if (string.IsNullOrEmpty(properties))
            return null;
        using var document = JsonDocument.Parse(properties);
        return document.RootElement.TryGetProperty(Property, out var value) ? value.Deserialize<ClientMetadata>(Written) : null;
    }
}

/// <summary>Reading <see cref="ClientMetadata"/> where the protocol engine has validated a client.</summary>
internal static class ClientMetadataOfClients
{
    /// <param name="applications">The Provider's <see cref="RegisteredClients"/>.</param>
    /// <param name="clientId">A client that the engine has validated in this request.</param>
    /// <param name="cancellation">Of the request at hand.</param>
    public static async ValueTask<ClientMetadata> MetadataOf(this IOpenIddictApplicationManager applications, string clientId, CancellationToken cancellation)
    {
        var client = await ((RegisteredClients)applications).Known(clientId, cancellation) ?? throw new InvalidOperationException("A validated client has vanished.");
        return client.Metadata ?? throw new InvalidOperationException("A client without metadata: it was not registered by this Provider.");
    }
}
