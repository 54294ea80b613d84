using System.Text.RegularExpressions;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Provider.Clients;

/// <summary>A registered relying party, checked. Made by <see cref="Check"/> alone.</summary>
public sealed partial record ClientRegistration
{
    private const int LongestName = 200;
    private const int MostKeys = 8;
    private const int MostRedirectUris = 20;
    private const int LongestRedirectUri = 2000;

    private static readonly string[] KnownGrantTypes = ["authorization_code", "client_credentials"];
    private static readonly string[] KnownDetailsTypes = ["credential"];

    /// <summary>Scopes whose meaning is fixed; all others are resource servers.</summary>
    internal static readonly string[] IdentityScopes = ["openid", "profile", "birthdate", "person_identifier"];

    private ClientRegistration()
    {
    }

    public required string Id { get; init; }

    public required string Name { get; init; }

    public required IReadOnlyList<string> RedirectUris { get; init; }

    public required IReadOnlyList<string> Scopes { get; init; }

    public required IReadOnlyList<string> GrantTypes { get; init; }

    /// <summary>Public keys only.</summary>
    public required JsonWebKeySet Keys { get; init; }

    public required string Sector { get; init; }

    public required string IdTokenSignedResponseAlg { get; init; }

    public required bool DpopBoundAccessTokens { get; init; }

    public required IReadOnlyList<string> AuthorizationDetailsTypes { get; init; }

    internal static IReadOnlyList<ClientRegistration> Check(
        IReadOnlyList<ClientOptions> options, IReadOnlyList<ResourceOptions> resources, bool development)
    {
        var known = IdentityScopes.Concat(resources.Select(resource => resource.Scope)).OfType<string>().ToHashSet(StringComparer.Ordinal);
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

    /// <summary>RFC 6749 3.3: scope-token.</summary>
    internal static bool IsScope(string value) => ScopeToken().IsMatch(value);

    private static ClientRegistration Check(ClientOptions options, string setting, HashSet<string> scopes, bool development)
    {
        ProviderSettingsException Refused(string field, string problem) => new($"{setting}:{field}", problem);

        if (options.Id is not { } id || !Identifier().IsMatch(id))
            throw Refused("Id", "must be 1 to 64 letters, digits, dots, hyphens or underscores.");
        if (options.Name is not { Length: > 0 and <= LongestName } name || name.Any(char.IsControl))
            throw Refused("Name", $"must be 1 to {LongestName} characters without control characters.");
        IReadOnlyList<string> grants = options.GrantTypes.Count == 0 ? ["authorization_code"] : options.GrantTypes;
        if (grants.Except(KnownGrantTypes).Any())
            throw Refused("GrantTypes", "may hold authorization_code and client_credentials only.");
        if (options.Scopes.FirstOrDefault(scope => !scopes.Contains(scope)) is { } unknown)
            throw Refused("Scopes", $"holds {unknown}, which is no scope of this Provider.");
        if (options.IdTokenSignedResponseAlg is not ("ES256" or "RS256"))
            throw Refused("IdTokenSignedResponseAlg", "must be ES256 or RS256.");
        if (options.AuthorizationDetailsTypes.Except(KnownDetailsTypes).Any())
            throw Refused("AuthorizationDetailsTypes", "may hold credential only.");
        if (options.Sector is not { } sector || !HostAndPort().IsMatch(sector))
            throw Refused("Sector", "must be a host name (with a port, if it must be).");

        var interactive = grants.Contains("authorization_code");
        if (interactive != options.RedirectUris.Count > 0 || options.RedirectUris.Count > MostRedirectUris)
            throw Refused("RedirectUris", $"must hold 1 to {MostRedirectUris} addresses for authorization_code, and none otherwise.");
        foreach (var address in options.RedirectUris)
        {
            if (RedirectUriProblem(address, development) is { } problem)
                throw Refused("RedirectUris", $"{address}: {problem}");
        }

        return new ClientRegistration
        {
            Id = id,
            Name = name,
            RedirectUris = options.RedirectUris,
            Scopes = options.Scopes,
            GrantTypes = grants,
            Keys = ReadKeys(options.KeyFile, problem => Refused("KeyFile", problem)),
            Sector = sector,
            IdTokenSignedResponseAlg = options.IdTokenSignedResponseAlg,
            DpopBoundAccessTokens = options.DpopBoundAccessTokens,
            AuthorizationDetailsTypes = options.AuthorizationDetailsTypes,
        };
    }

    /// <summary>Why an address cannot be registered, or null. RFC 9700 2.1: what is registered is compared exactly, so it must be plain.</summary>
    internal static string? RedirectUriProblem(string value, bool development)
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
        if (address.Scheme == Uri.UriSchemeHttps && (development || !address.IsLoopback))
            return null;
        return development && address.Scheme == Uri.UriSchemeHttp && address.IsLoopback ? null : "must be https (a loopback address in Development only).";
    }

    private static JsonWebKeySet ReadKeys(string? file, Func<string, ProviderSettingsException> refused)
    {
        if (string.IsNullOrWhiteSpace(file))
            throw refused("is missing.");
        string text;
        try
        {
            text = File.ReadAllText(file);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw refused($"{file} cannot be read: {problem.Message}");
        }

        JsonWebKeySet keys;
        try
        {
            keys = new JsonWebKeySet(text);
            if (keys.Keys.Count == 0)
                keys.Keys.Add(new JsonWebKey(text));
        }
        catch (ArgumentException)
        {
            throw refused($"{file} is neither a JWK nor a JWK Set.");
        }

        if (keys.Keys.Count > MostKeys)
            throw refused($"{file} holds more than {MostKeys} keys.");
        foreach (var key in keys.Keys)
        {
            if (key.HasPrivateKey || key.Kty is "oct")
                throw refused($"{file} holds a private or symmetric key; register the public key only.");
            if (key is not ({ Kty: "EC", Crv: "P-256", X.Length: > 0, Y.Length: > 0 } or { Kty: "RSA", N.Length: > 0, E.Length: > 0, KeySize: >= 2048 and <= 4096 }))
                throw refused($"{file} holds a key that is neither EC P-256 nor RSA of 2048 to 4096 bits.");
        }

        return keys;
    }

    [GeneratedRegex(@"^[\x21\x23-\x5B\x5D-\x7E]{1,100}\z")]
    private static partial Regex ScopeToken();

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex Identifier();

    [GeneratedRegex(@"^[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?::[0-9]{1,5})?\z")]
    private static partial Regex HostAndPort();
}
