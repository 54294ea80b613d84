using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Provider.Clients;
using Identity.Provider.MutualTls;
using Identity.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Identity.Provider.Outgoing;

/// <summary>An agency whose keys are fetched and whose logout is told over real TLS, with a certificate that the Provider's machine trusts, or does not.</summary>
public sealed class AgencyOverTlsTests : IDisposable
{
    private const string Id = "outside";

    private readonly TestCertificates certificates = new();
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly string trusted = Path.GetTempFileName();

    public void Dispose()
    {
        certificates.Dispose();
        key.Dispose();
        File.Delete(trusted);
    }

    [Fact]
    public async Task With_a_trusted_certificate_keys_are_fetched_and_the_end_of_a_session_is_told()
    {
        await using var site = await Site.Start(Server("localhost"), key);
        await using var provider = await Provider(site);
        await File.WriteAllTextAsync(trusted, certificates.Root.ExportCertificatePem(), TestContext.Current.CancellationToken);
        using var process = await ProviderProcess.Instead(provider, trusted);
        using var agency = Agency(provider);
        using var browser = new Browser(provider);
        using var authenticator = new VirtualAuthenticator(provider.Origin);
        await browser.Enrol("LIIS-7KQ4-M2XD", authenticator);
        var consent = (await browser.Get(await agency.Pushed())).Location!;
        Assert.Equal(1, site.KeysFetched);
        var back = await browser.Post(consent + "&handler=Allow", await browser.Get(consent));
        var tokens = await agency.Redeem(SignedIn.Query((await browser.Get(back.Location!)).Location!)["code"]);
        Assert.True(tokens.Status == HttpStatusCode.OK, tokens.Body);

        await browser.Post("/?handler=SignOut", await browser.Get("/"));
        var told = Jwt.Payload(await site.Told());
        Assert.Equal((string)Jwt.Payload((string)tokens.Json["id_token"]!)["sid"]!, (string)told["sid"]!);
        Assert.Equal(Id, (string)told["aud"]!);
    }

    [Theory]
    [InlineData("a stranger's")]
    [InlineData("another host's")]
    [InlineData("expired")]
    [InlineData("its own")]
    public async Task With_another_certificate_no_key_is_believed(string row)
    {
        using var certificate = row switch
        {
            "a stranger's" => Server("localhost", certificates.ForeignRoot),
            "another host's" => Server("agency.example"),
            "expired" => certificates.Client("CN=localhost", certificates.Root, "localhost", ServerUse, from: -3, to: -1),
            _ => certificates.Client("CN=localhost", null, "localhost", ServerUse),
        };
        await using var site = await Site.Start(certificate, key);
        await using var provider = await Provider(site);
        await File.WriteAllTextAsync(trusted, certificates.Root.ExportCertificatePem(), TestContext.Current.CancellationToken);
        using var process = await ProviderProcess.Instead(provider, trusted);
        using var agency = Agency(provider);
        var refused = await agency.Push(agency.Request());
        Assert.True(refused is { Status: HttpStatusCode.Unauthorized, Error: "invalid_client" }, $"{refused.Status} {refused.Body}");
        Assert.Equal(0, site.KeysFetched);
    }

    private const string ServerUse = "1.3.6.1.5.5.7.3.1";

    private X509Certificate2 Server(string host, X509Certificate2? issuer = null) => certificates.Client("CN=" + host, issuer ?? certificates.Root, host, ServerUse);

    private static Agency Agency(RunningProvider provider) => new(provider, Id) { RedirectUri = "http://localhost:4983/callback" };

    private async Task<RunningProvider> Provider(Site site)
    {
        var provider = await RunningProvider.With(ClientSettings.Of(new ClientOptions
        {
            Id = Id,
            Name = "Outside",
            RedirectUris = ["http://localhost:4983/callback"],
            Scopes = ["openid", "profile"],
            JwksUri = site.Address + "jwks",
            BackchannelLogoutUri = site.Address + "logout",
            BackchannelLogoutSessionRequired = true,
            Sector = "outside.example",
        }));
        provider.ClientKeys[Id] = key;
        return provider;
    }

    private sealed class Site : IAsyncDisposable
    {
        private readonly WebApplication app;
        private readonly ConcurrentQueue<string> told = new();
        private readonly string jwks;
        private int fetched;

        private Site(WebApplication app, string jwks) => (this.app, this.jwks) = (app, jwks);

        public int KeysFetched => fetched;

        public string Address => app.Urls.Single().Replace("127.0.0.1", "localhost", StringComparison.Ordinal) + "/";

        public static async Task<Site> Start(X509Certificate2 certificate, ECDsa key)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseKestrelHttpsConfiguration();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
            var site = new Site(builder.Build(), ClientSettings.Jwks(key, Id));
            site.app.MapGet("/jwks", context =>
            {
                Interlocked.Increment(ref site.fetched);
                return context.Response.WriteAsync(site.jwks);
            });
            site.app.MapPost("/logout", async context => site.told.Enqueue((await context.Request.ReadFormAsync())["logout_token"].ToString()));
            await site.app.StartAsync();
            return site;
        }

        /// <summary>The first logout token, once it is there.</summary>
        public async Task<string> Told()
        {
            for (var attempt = 0; attempt < 400; attempt++)
            {
                if (told.TryPeek(out var token))
                    return token;
                await Task.Delay(50);
            }

            throw new TimeoutException("No logout token came.");
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
