using System.Globalization;

namespace Identity.Provider.Clients;

/// <summary>The demo agencies, on the ports that follow from the Provider's. They pass the same checks as any registration.</summary>
internal static class DemoClients
{
    internal sealed record Registrations(IReadOnlyList<ClientOptions> Clients, IReadOnlyList<ResourceOptions> Resources);

    internal static Registrations At(Uri issuer, string clientKeys)
    {
        string At(int offset) => string.Create(CultureInfo.InvariantCulture, $"http://localhost:{issuer.Port + offset}/");
        string Key(string client) => Path.Combine(clientKeys, $"client-{client}.jwk.json");
        var signing = At(200);
        return new Registrations(
            [
                Portal("tax-portal", "Tax Portal", At(401), ["openid", "profile"]),
                Portal("health-portal", "Health Portal", At(402), ["openid", "profile", "birthdate"]),
                new ClientOptions
                {
                    Id = "land-registry",
                    Name = "Land Registry",
                    RedirectUris = [At(403) + "signin-oidc"],
                    PostLogoutRedirectUris = [At(403) + "signout-callback-oidc"],
                    BackchannelLogoutUri = At(403) + "backchannel-logout",
                    BackchannelLogoutSessionRequired = true,
                    Scopes = ["openid", "profile", "person_identifier", "signing"],
                    GrantTypes = ["authorization_code", "client_credentials"],
                    KeyFile = Key("land-registry"),
                    Sector = SectorOf(At(403)),
                },
                new ClientOptions
                {
                    Id = "signing",
                    Name = "Signing",
                    RedirectUris = [signing + "signin-oidc", signing + "approvals/callback"],
                    PostLogoutRedirectUris = [signing + "signout-callback-oidc"],
                    BackchannelLogoutUri = signing + "backchannel-logout",
                    BackchannelLogoutSessionRequired = true,
                    Scopes = ["openid", "profile", "person_identifier"],
                    KeyFile = Key("signing"),
                    Sector = SectorOf(signing),
                    AuthorizationDetailsTypes = ["credential"],
                },
                new ClientOptions
                {
                    Id = "sign",
                    Name = "Sign command",
                    ApplicationType = NativeApplication.Type,
                    TokenEndpointAuthMethod = "none",
                    DpopBoundAccessTokens = true,
                    RequirePushedAuthorizationRequests = true,
                    // Any port of the device's own (RFC 8252 7.3).
                    RedirectUris = ["http://127.0.0.1/callback"],
                    Scopes = ["openid", "service", "credential"],
                    Sector = SectorOf(signing),
                    AuthorizationDetailsTypes = ["credential"],
                },
            ],
            [
                new ResourceOptions { Scope = "signing", Address = signing, Name = "Signing", IntrospectionClient = "signing" },
                // CSC API v2 8.4.
                new ResourceOptions { Scope = "service", Address = signing, Name = "Signing: certificates in your name", IntrospectionClient = "signing" },
                new ResourceOptions { Scope = "credential", Address = signing, Name = "Signing: the signatures that you approve next", IntrospectionClient = "signing" },
            ]);

        ClientOptions Portal(string id, string name, string address, List<string> scopes) => new()
        {
            Id = id,
            Name = name,
            RedirectUris = [address + "signin-oidc"],
            PostLogoutRedirectUris = [address + "signout-callback-oidc"],
            BackchannelLogoutUri = address + "backchannel-logout",
            BackchannelLogoutSessionRequired = true,
            Scopes = scopes,
            KeyFile = Key(id),
            Sector = SectorOf(address),
        };
    }

    // On one host the port tells the agencies apart; in production the host name does.
    private static string SectorOf(string address) => new Uri(address).Authority;
}
