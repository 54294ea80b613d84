using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Identity.Benchmarks;

/// <summary>OpenIddict as its documentation sets it up, and nothing around it: whoever comes is signed in and has agreed.</summary>
internal sealed class BareOpenIddict : Subject
{
    private const string Command = "serve-openiddict";

    public override string Name => "openiddict";

    public override bool Dpop => false;

    public override Task Start() => Run(
        Environment.ProcessPath!, [.. Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? [typeof(BareOpenIddict).Assembly.Location] : Array.Empty<string>(),
            Command, Address.AbsoluteUri, Jose.PublicJwk(ClientKey, ClientId).ToJsonString()]);

    /// <summary>Runs the server when the arguments ask for it.</summary>
    public static async Task<bool> Serve(string[] args)
    {
        if (args is not [Command, var address, var jwk])
            return false;
        var file = Path.Combine(Directory.CreateTempSubdirectory("identity-benchmark-openiddict-").FullName, "openiddict.db");
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseSetting("urls", address);
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.Services.AddDbContext<DbContext>(database => database.UseSqlite($"Data Source={file}").UseOpenIddict());
        builder.Services.AddOpenIddict()
            .AddCore(core => core.UseEntityFrameworkCore().UseDbContext<DbContext>())
            .AddServer(server =>
            {
                server.SetIssuer(new Uri(address))
                    .SetPushedAuthorizationEndpointUris("par").SetAuthorizationEndpointUris("authorize").SetTokenEndpointUris("token").SetUserInfoEndpointUris("userinfo")
                    .SetIntrospectionEndpointUris("introspect")
                    .AllowAuthorizationCodeFlow().RegisterScopes("profile").RequireProofKeyForCodeExchange().DisableAccessTokenEncryption()
                    .AddEphemeralEncryptionKey()
                    .AddSigningKey(new ECDsaSecurityKey(ECDsa.Create(ECCurve.NamedCurves.nistP256)));
                server.UseAspNetCore().EnableAuthorizationEndpointPassthrough().DisableTransportSecurityRequirement();
            });
        var app = builder.Build();
        app.MapGet("/plaintext", () => Results.Text("ok"));
        app.MapMethods("/authorize", ["GET", "POST"], SignInPerson);
        await Register(app, jwk);
        await app.RunAsync();
        return true;
    }

    private static IResult SignInPerson()
    {
        var identity = new ClaimsIdentity("benchmark", Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, "person").SetClaim(Claims.Name, "Liis Tamm");
        identity.SetScopes("openid", "profile");
        identity.SetDestinations(static _ => [Destinations.AccessToken, Destinations.IdentityToken]);
        return Results.SignIn(new ClaimsPrincipal(identity), properties: null, OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
    }

    private static async Task Register(WebApplication app, string jwk)
    {
        await using var scope = app.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<DbContext>().Database.EnsureCreatedAsync();
        await scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>().CreateAsync(new OpenIddictApplicationDescriptor
        {
            ClientId = "bench",
            ClientType = ClientTypes.Confidential,
            JsonWebKeySet = new JsonWebKeySet { Keys = { new JsonWebKey(jwk) } },
            RedirectUris = { new Uri(RedirectUri) },
            Permissions =
            {
                Permissions.Endpoints.Authorization, Permissions.Endpoints.PushedAuthorization, Permissions.Endpoints.Token,
                Permissions.Endpoints.Introspection,
                Permissions.GrantTypes.AuthorizationCode, Permissions.ResponseTypes.Code, Permissions.Scopes.Profile,
            },
        });
    }
}
