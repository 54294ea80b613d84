using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.Provider.Clients;
using Identity.Web;

namespace Identity.Provider.Registration;

/// <summary>
/// What is asked of a client that registers itself, beyond <see cref="ClientRegistration"/>: it gets no more than its token allows, and it can
/// join no other agency's sector.
/// </summary>
internal static class RegistrationRules
{
    // What acts for people who sign in. A client's own tokens and signatures are agreed on with the operator.
    private static readonly string[] Grants = ["authorization_code", ClientRegistration.RefreshToken];

    /// <summary>The request as a registration. RFC 7591 2: what is not understood is ignored.</summary>
    /// <exception cref="ProviderSettingsException">names the member and what is wrong with it</exception>
    public static ClientOptions Read(JsonObject request, string id, InitialAccessToken token, bool production)
    {
        // The server names it; a name that was sent has no meaning here.
        request.Remove("client_id");
        request.Remove("sector");
        var options = ClientDocument.Read(request, out _);
        options.Id = id;
        Only(request, "response_types", value => value is JsonArray { Count: 1 } types && types[0]?.GetValueKind() == JsonValueKind.String && (string)types[0]! == "code", "may hold code only.");
        Only(request, "subject_type", value => value.GetValueKind() == JsonValueKind.String && (string)value! == "pairwise", "may be pairwise only.");
        if (options.GrantTypes.Except(Grants).Any())
            throw new ProviderSettingsException("grant_types", "may hold authorization_code and refresh_token.");
        if (options.AuthorizationDetailsTypes.Count > 0)
            throw new ProviderSettingsException("authorization_details_types", "are agreed on with the operator.");
        var allowed = token.Scopes.Split(' ');
        if (options.Scopes.Except(allowed).Any())
            throw new ProviderSettingsException("scope", $"may hold {token.Scopes} with this initial access token.");
        if (options.Scopes.Count == 0)
            options.Scopes = [.. allowed];

        var named = request["profile"] is not null;
        if (request["token_endpoint_auth_method"] is null && options.ApplicationType == NativeApplication.Type)
            options.TokenEndpointAuthMethod = "none";
        // RFC 7591 2 says client_secret_basic when nothing is said, which is for the legacy profile here.
        if (request["token_endpoint_auth_method"] is null && options.Jwks is null && options.JwksUri is null && token.Legacy)
            options.TokenEndpointAuthMethod = "client_secret_basic";
        if (!named)
            options.Profile = ProfileOf(options, token);
        if (options.Profile == "legacy" && !token.Legacy)
            throw new ProviderSettingsException("profile", "may be fapi2 or baseline with this initial access token.");
        options.Sector = SectorOf(options, token, production);
        return options;
    }

    /// <summary>
    /// OpenID Connect Core 8.1: subjects are one agency's own. A newcomer joins a sector only when its token says so.
    /// RFC 7591 5: nor does it take the name by which people know another agency.
    /// </summary>
    public static async Task CheckOthers(
        ClientOptions options, InitialAccessToken token, RegisteredClients clients, IReadOnlyList<ResourceServer> resources, CancellationToken cancellation)
    {
        if (options.Sector != token.Sector && resources.Any(server => server.Sector == options.Sector))
            throw new ProviderSettingsException("redirect_uris", "are at a host whose sector belongs to a resource server.");
        await foreach (var other in clients.All(cancellation))
        {
            if (other.Id == options.Id)
                continue;
            var same = other.Metadata.Sector == options.Sector;
            if (same && options.Sector != token.Sector)
                throw new ProviderSettingsException("redirect_uris", "are at a host whose sector belongs to another client.");
            if (!same && options.Name is { } name && ShowableText.IsShowable(name) && Letters(name) == Letters(other.Name))
                throw new ProviderSettingsException("client_name", "is the name of another client.");
        }
    }

    // What is left of a name for whoever reads it quickly.
    private static string Letters(string name) =>
        string.Concat(name.Normalize(NormalizationForm.FormKC).Where(char.IsLetterOrDigit)).ToUpperInvariant();

    private static string ProfileOf(ClientOptions options, InitialAccessToken token)
    {
        if (token.Legacy && ClientRegistration.HasSecret(options.TokenEndpointAuthMethod))
            return "legacy";
        var bound = options.DpopBoundAccessTokens || options.TlsClientCertificateBoundAccessTokens;
        return bound && options.TokenEndpointAuthMethod != "none" && options.IdTokenSignedResponseAlg != "RS256" ? "fapi2" : "baseline";
    }

    // A native application's addresses name no host, so it is a sector of its own unless its token names one.
    private static string SectorOf(ClientOptions options, InitialAccessToken token, bool production) => ClientDocument.SectorOf(options.RedirectUris, production)
        ?? (options.ApplicationType == NativeApplication.Type && options.RedirectUris.Count > 0 ? token.Sector ?? options.Id : null)
        ?? throw new ProviderSettingsException("redirect_uris", "must be there, all at one host.");

    private static void Only(JsonObject request, string member, Func<JsonNode, bool> allowed, string problem)
    {
        if (request[member] is { } value && !allowed(value))
            throw new ProviderSettingsException(member, problem);
    }
}
