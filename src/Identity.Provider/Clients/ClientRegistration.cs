using System.Text.RegularExpressions;
using Identity.Provider.MutualTls;
using Identity.Provider.Encryption;
using Identity.Web;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Provider.Clients;

/// <summary>A registered relying party, checked. Made by <c>Check</c> alone.</summary>
public sealed partial record ClientRegistration
{
    internal const string RefreshToken = "refresh_token";
    internal const string DeviceCode = "urn:ietf:params:oauth:grant-type:device_code";
    internal const string TokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange";

    internal const int LongestName = 200;
    private const int MostRedirectUris = 20;
    private const int LongestRedirectUri = 2000;

    private static readonly string[] KnownGrantTypes = ["authorization_code", "client_credentials", RefreshToken, DeviceCode, TokenExchange];
    private static readonly string[] KnownDetailsTypes = ["credential"];
    private static readonly string[] SecretMethods = ["client_secret_basic", "client_secret_post"];
    private static readonly string[] TlsMethods = ["tls_client_auth", "self_signed_tls_client_auth"];

    /// <summary>Scopes whose meaning is fixed; all others are resource servers.</summary>
    internal static readonly string[] IdentityScopes = ["openid", "profile", "birthdate", "person_identifier", "email", "phone", "address"];

    private ClientRegistration()
    {
    }

    public required string Id { get; init; }

    public required string Name { get; init; }

    public required IReadOnlyList<string> RedirectUris { get; init; }

    public required IReadOnlyList<string> PostLogoutRedirectUris { get; init; }

    public required IReadOnlyList<string> Scopes { get; init; }

    public required IReadOnlyList<string> GrantTypes { get; init; }

    /// <summary>Public keys only; null when the client has none, or has them at its own address.</summary>
    public required JsonWebKeySet? Keys { get; init; }

    /// <summary>Of the two methods that have one.</summary>
    public required string? Secret { get; init; }

    public required bool RequirePushedAuthorizationRequests { get; init; }

    public required bool RequireProofKey { get; init; }

    public required ClientMetadata Metadata { get; init; }

    internal static IReadOnlyList<ClientRegistration> Check(
        IReadOnlyList<ClientOptions> options, IReadOnlyList<ResourceOptions> resources, bool development)
    {
        var known = KnownScopes(resources.Select(resource => resource.Scope).OfType<string>());
        var clients = new List<ClientRegistration>();
        for (var index = 0; index < options.Count; index++)
        {
            var client = Check(options[index], $"Clients:{index}", known, development);
            if (clients.Exists(other => other.Id == client.Id))
                throw new ProviderSettingsException($"Clients:{index}:Id", "is registered twice.");
            clients.Add(client);
        }

        return clients;
    }

    internal static bool HasSecret(string tokenEndpointAuthMethod) => SecretMethods.Contains(tokenEndpointAuthMethod);

    /// <summary>RFC 6749 3.3: scope-token.</summary>
    internal static bool IsScope(string value) => ScopeToken().IsMatch(value);

    internal static bool IsIdentifier(string value) => Identifier().IsMatch(value);

    internal static bool IsSector(string value) => HostAndPort().IsMatch(value);

    internal static IReadOnlySet<string> KnownScopes(IEnumerable<string> resourceScopes) => IdentityScopes.Concat(resourceScopes).ToHashSet(StringComparer.Ordinal);

    /// <param name="options">As written.</param>
    /// <param name="setting">Where it was written, for the refusal.</param>
    /// <param name="scopes">All that exist here.</param>
    /// <param name="development">Loopback addresses are good.</param>
    /// <exception cref="ProviderSettingsException">names the field and what is wrong with it</exception>
    internal static ClientRegistration Check(ClientOptions options, string setting, IReadOnlySet<string> scopes, bool development)
    {
        ProviderSettingsException Refused(string field, string problem) => new($"{setting}:{field}", problem);

        if (options.Id is not { } id || !Identifier().IsMatch(id))
            throw Refused("Id", "must be 1 to 64 letters, digits, dots, hyphens or underscores.");
        // People read it before they share their details: nothing in it may hide or turn other text around.
        if (options.Name is not { } name || !ShowableText.IsShowable(name, LongestName))
            throw Refused("Name", $"must be 1 to {LongestName} characters that can be shown.");
        if (ShowableText.MixesAlphabets(name))
            throw Refused("Name", "mixes Latin, Greek or Cyrillic letters in one word.");
        SecurityProfile profile = options.Profile switch
        {
            "fapi2" => SecurityProfile.Fapi2,
            "baseline" => SecurityProfile.Baseline,
            "legacy" => SecurityProfile.Legacy,
            _ => throw Refused("Profile", "must be fapi2, baseline or legacy."),
        };
        IReadOnlyList<string> grants = options.GrantTypes.Count == 0 ? ["authorization_code"] : options.GrantTypes;
        if (grants.Except(KnownGrantTypes).FirstOrDefault() is { } grant)
            throw Refused("GrantTypes", $"holds {grant}, which is no grant type of this Provider.");
        if (grants.Contains(RefreshToken) && !grants.Contains("authorization_code") && !grants.Contains(DeviceCode))
            throw Refused("GrantTypes", "holds refresh_token without a grant that gives one.");
        if (options.Scopes.FirstOrDefault(scope => !scopes.Contains(scope)) is { } unknown)
            throw Refused("Scopes", $"holds {unknown}, which is no scope of this Provider.");
        if (options.AuthorizationDetailsTypes.Except(KnownDetailsTypes).Any())
            throw Refused("AuthorizationDetailsTypes", "may hold credential only.");
        if (options.Sector is not { } sector || !HostAndPort().IsMatch(sector))
            throw Refused("Sector", "must be a host name (with a port, if it must be).");
        if (options.ApplicationType is not (NativeApplication.Web or NativeApplication.Type))
            throw Refused("ApplicationType", "must be web or native.");
        CheckAddresses(options, grants, development, Refused);
        CheckAuthentication(options, profile, grants, Refused);
        var metadata = CheckTokens(options, profile, sector, Refused);
        var keys = KeysOf(options, Refused);
        CheckRecipient(keys, metadata.IdTokenEncryptedResponseAlg, "IdTokenEncryptedResponseAlg", Refused);
        CheckRecipient(keys, metadata.UserinfoEncryptedResponseAlg, "UserinfoEncryptedResponseAlg", Refused);
        var pushes = options.RequirePushedAuthorizationRequests ?? (profile != SecurityProfile.Legacy && options.TokenEndpointAuthMethod != "none");
        if (!pushes && profile != SecurityProfile.Legacy && options.TokenEndpointAuthMethod != "none")
            throw Refused("RequirePushedAuthorizationRequests", "must be true for this profile; only a public or a legacy client may come without pushing.");
        return new ClientRegistration
        {
            Id = id,
            Name = name,
            RedirectUris = options.RedirectUris,
            PostLogoutRedirectUris = options.PostLogoutRedirectUris,
            Scopes = options.Scopes,
            GrantTypes = grants,
            Keys = keys,
            Secret = options.ClientSecret,
            RequirePushedAuthorizationRequests = pushes,
            RequireProofKey = profile != SecurityProfile.Legacy,
            Metadata = metadata,
        };
    }

    private static void CheckAddresses(
        ClientOptions options, IReadOnlyList<string> grants, bool development, Func<string, string, ProviderSettingsException> refused)
    {
        var interactive = grants.Contains("authorization_code");
        if (interactive != options.RedirectUris.Count > 0 || options.RedirectUris.Count > MostRedirectUris)
            throw refused("RedirectUris", $"must hold 1 to {MostRedirectUris} addresses for authorization_code, and none otherwise.");
        foreach (var address in options.RedirectUris)
        {
            if (RedirectUriProblem(address, development, options.ApplicationType == NativeApplication.Type) is { } problem)
                throw refused("RedirectUris", $"{address}: {problem}");
        }

        if (options.PostLogoutRedirectUris.Count > MostRedirectUris)
            throw refused("PostLogoutRedirectUris", $"must hold at most {MostRedirectUris} addresses.");
        foreach (var address in options.PostLogoutRedirectUris)
        {
            if (RedirectUriProblem(address, development) is { } problem)
                throw refused("PostLogoutRedirectUris", $"{address}: {problem}");
        }

        if (options.BackchannelLogoutUri is { } logout && RedirectUriProblem(logout, development) is { } wrong)
            throw refused("BackchannelLogoutUri", $"{logout}: {wrong}");
        if (options.JwksUri is { } keys && RedirectUriProblem(keys, development) is { } bad)
            throw refused("JwksUri", $"{keys}: {bad}");
    }

    private static void CheckAuthentication(
        ClientOptions options, SecurityProfile profile, IReadOnlyList<string> grants, Func<string, string, ProviderSettingsException> refused)
    {
        var method = options.TokenEndpointAuthMethod;
        var withSecret = SecretMethods.Contains(method);
        var withTls = TlsMethods.Contains(method);
        if (!withSecret && !withTls && method is not ("private_key_jwt" or "none"))
            throw refused("TokenEndpointAuthMethod", "must be private_key_jwt, tls_client_auth, self_signed_tls_client_auth, none, client_secret_basic or client_secret_post.");
        // RFC 8252 8.4, 8.5: what is on every device is no secret.
        if (options.ApplicationType == NativeApplication.Type && method != "none")
            throw refused("TokenEndpointAuthMethod", "must be none for a native application.");
        // FAPI 2.0 5.3.2.1 (6).
        if (profile == SecurityProfile.Fapi2 && method is not "private_key_jwt" && !withTls)
            throw refused("TokenEndpointAuthMethod", "must be private_key_jwt or by certificate for fapi2.");
        if (withSecret && profile != SecurityProfile.Legacy)
            throw refused("TokenEndpointAuthMethod", "with a secret is for legacy clients only.");
        if (withSecret != options.ClientSecret is not null || (options.ClientSecret is { } secret && !HighEntropy().IsMatch(secret)))
            throw refused("ClientSecret", "must be 43 to 128 base64url characters (256 bits or more) for the methods with a secret, and absent for the others.");
        if (method == "none" && (profile != SecurityProfile.Baseline || !options.DpopBoundAccessTokens || grants.Contains("client_credentials") || grants.Contains(TokenExchange)))
            throw refused("TokenEndpointAuthMethod", "none is for baseline clients whose tokens are bound by DPoP, for the grants of people.");

        // CSC API v2 8.3.3, RFC 9396 11.2: what a person is to approve comes from a client that has shown who it is. A native application cannot, and so may ask
        // for the signatures of a credential only (PushedAuthorizationDetails), which serves nobody who does not hold the person's other token.
        if (method == "none" && options.ApplicationType != NativeApplication.Type && options.AuthorizationDetailsTypes.Count > 0)
            throw refused("AuthorizationDetailsTypes", "are for clients that authenticate, and native ones.");

        var named = new[] { options.TlsClientAuthSubjectDn, options.TlsClientAuthSanDns }.Count(name => name is not null);
        if (named != (method == "tls_client_auth" ? 1 : 0))
            throw refused("TlsClientAuthSubjectDn", "or TlsClientAuthSanDns: exactly one for tls_client_auth (RFC 8705 2.1.2), and none otherwise.");
        if (options.TlsClientAuthSubjectDn is { } subject && SubjectName.Parse(subject) is null)
            throw refused("TlsClientAuthSubjectDn", "must be a distinguished name as RFC 4514 writes it, without multi-valued attributes.");
        var keys = new[] { options.KeyFile, options.Jwks, options.JwksUri }.Count(place => place is not null);
        if (keys > 1 || (keys == 0 && method is "private_key_jwt" or "self_signed_tls_client_auth"))
            throw refused("KeyFile", "is missing, or Jwks, or JwksUri: exactly one of them for this method of authentication.");
        // FAPI 2.0 5.3.2.1 (4).
        if (profile == SecurityProfile.Fapi2 && !options.DpopBoundAccessTokens && !options.TlsClientCertificateBoundAccessTokens)
            throw refused("DpopBoundAccessTokens", "or TlsClientCertificateBoundAccessTokens must be true for fapi2.");
    }

    private static ClientMetadata CheckTokens(ClientOptions options, SecurityProfile profile, string sector, Func<string, string, ProviderSettingsException> refused)
    {
        var idToken = options.IdTokenSignedResponseAlg ?? (profile == SecurityProfile.Legacy ? "RS256" : "ES256");
        if (idToken is not ("ES256" or "PS256" or "RS256"))
            throw refused("IdTokenSignedResponseAlg", "must be ES256, PS256 or RS256.");
        // FAPI 2.0 5.4.1.
        if (profile == SecurityProfile.Fapi2 && idToken == "RS256")
            throw refused("IdTokenSignedResponseAlg", "must be ES256 or PS256 for fapi2.");
        if (options.UserinfoSignedResponseAlg is not (null or "ES256" or "PS256" or "RS256"))
            throw refused("UserinfoSignedResponseAlg", "must be ES256, PS256 or RS256.");
        CheckEncryption(options.IdTokenEncryptedResponseAlg, options.IdTokenEncryptedResponseEnc, "IdTokenEncryptedResponse");
        CheckEncryption(options.UserinfoEncryptedResponseAlg, options.UserinfoEncryptedResponseEnc, "UserinfoEncryptedResponse");
        if (options.BackchannelLogoutSessionRequired && options.BackchannelLogoutUri is null)
            throw refused("BackchannelLogoutSessionRequired", "needs a BackchannelLogoutUri.");
        return new ClientMetadata
        {
            Profile = profile,
            Sector = sector,
            ApplicationType = options.ApplicationType,
            TokenEndpointAuthMethod = options.TokenEndpointAuthMethod,
            JwksUri = options.JwksUri,
            TlsClientAuthSubjectDn = options.TlsClientAuthSubjectDn,
            TlsClientAuthSanDns = options.TlsClientAuthSanDns,
            DpopBoundAccessTokens = options.DpopBoundAccessTokens,
            TlsClientCertificateBoundAccessTokens = options.TlsClientCertificateBoundAccessTokens,
            IdTokenSignedResponseAlg = idToken,
            IdTokenEncryptedResponseAlg = options.IdTokenEncryptedResponseAlg,
            IdTokenEncryptedResponseEnc = Content(options.IdTokenEncryptedResponseAlg, options.IdTokenEncryptedResponseEnc),
            UserinfoSignedResponseAlg = options.UserinfoSignedResponseAlg,
            UserinfoEncryptedResponseAlg = options.UserinfoEncryptedResponseAlg,
            UserinfoEncryptedResponseEnc = Content(options.UserinfoEncryptedResponseAlg, options.UserinfoEncryptedResponseEnc),
            BackchannelLogoutUri = options.BackchannelLogoutUri,
            BackchannelLogoutSessionRequired = options.BackchannelLogoutSessionRequired,
            AuthorizationDetailsTypes = options.AuthorizationDetailsTypes,
        };

        static string? Content(string? algorithm, string? encryption) => algorithm is null ? null : encryption ?? ContentEncryption.A128CbcHs256;

        void CheckEncryption(string? algorithm, string? encryption, string field)
        {
            if (algorithm is not null && !RecipientKey.Algorithms.Contains(algorithm))
                throw refused($"{field}Alg", $"must be one of {string.Join(", ", RecipientKey.Algorithms)}.");
            if (encryption is not null && (algorithm is null || ContentEncryption.All.All(known => known.Name != encryption)))
                throw refused($"{field}Enc", $"must be one of {string.Join(", ", ContentEncryption.All.Select(known => known.Name))}, beside an algorithm.");
            if (algorithm is not null && options.KeyFile is null && options.Jwks is null && options.JwksUri is null)
                throw refused($"{field}Alg", "needs a key of the client to encrypt for.");
        }
    }

    // Keys at the client's own address come and go; those that are registered here can be looked at now.
    private static void CheckRecipient(JsonWebKeySet? keys, string? algorithm, string field, Func<string, string, ProviderSettingsException> refused)
    {
        if (keys is not null && algorithm is not null && RecipientKey.Choose(keys.Keys, algorithm) is not { IsUsable: true })
            throw refused(field, $"needs a key that can be encrypted for with {algorithm}: of its kind, and for no other use or algorithm.");
    }

    /// <summary>Why an address cannot be registered, or null. RFC 9700 2.1: what is registered is compared exactly, so it must be plain.</summary>
    internal static string? RedirectUriProblem(string value, bool development, bool native = false)
    {
        if (value.Length > LongestRedirectUri || !Uri.TryCreate(value, UriKind.Absolute, out var address))
            return "not an absolute address.";
        // RFC 6749 3.1.2.
        if (value.Contains('#', StringComparison.Ordinal))
            return "has a fragment.";
        if (value.Contains('*', StringComparison.Ordinal))
            return "has a wildcard.";
        if (address.UserInfo.Length > 0)
            return "has user information.";
        // Letters of other alphabets look like ASCII ones; their ASCII form (xn--) can be registered by somebody who means it.
        if (value.Any(character => character is <= ' ' or >= '\u007f' or '\\'))
            return "has characters other than ASCII letters, digits and marks.";
        if (address.AbsoluteUri != value)
            return "is not in its normal spelling (dots, case, default port, escapes).";
        if (native && address.Scheme != Uri.UriSchemeHttps)
            return NativeApplication.RedirectUriProblem(value);
        if (address.Scheme == Uri.UriSchemeHttps && (development || !address.IsLoopback))
            return null;
        return development && address.Scheme == Uri.UriSchemeHttp && address.IsLoopback ? null : "must be https (a loopback address in Development only).";
    }

    private static JsonWebKeySet? KeysOf(ClientOptions options, Func<string, string, ProviderSettingsException> refused)
    {
        if (options.Jwks is { } inPlace)
            return ClientKeys.Read(inPlace, out var wrong) ?? throw refused("Jwks", wrong);
        if (options.KeyFile is not { } file)
            return null;
        try
        {
            return ClientKeys.Read(File.ReadAllText(file), out var refusal) ?? throw refused("KeyFile", $"{file} {refusal}");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw refused("KeyFile", $"{file} cannot be read: {problem.Message}");
        }
    }

    [GeneratedRegex(@"^[\x21\x23-\x5B\x5D-\x7E]{1,100}\z")]
    private static partial Regex ScopeToken();

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex Identifier();

    [GeneratedRegex(@"^[A-Za-z0-9_-]{43,128}\z")]
    private static partial Regex HighEntropy();

    [GeneratedRegex(@"^[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?::[0-9]{1,5})?\z")]
    private static partial Regex HostAndPort();
}
