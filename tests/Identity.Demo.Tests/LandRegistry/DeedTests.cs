using System.Net;
using System.Security.Cryptography;
using System.Text;
using Identity.Demo.LandRegistry;
using Identity.Demo.SignIn;
using Identity.TestKit;
using Identity.Web;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Identity.Demo.Tests.LandRegistry;

public sealed class DeedTests
{
    static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    static readonly byte[] SignedBytes = "%PDF-1.7 signed"u8.ToArray();

    [Theory]
    [InlineData("Liis Tamm", "Liis Tamm")]
    [InlineData("Jüri Õšžäöü", "Jüri Õšžäöü")]
    [InlineData("A (B) \\ C)", "A (B) \\ C)")]
    [InlineData("A\r\nET\nBT", "A  ET BT")]
    [InlineData("陈伟", "??")]
    public void The_document_is_a_sound_pdf_that_names_the_person(string name, string shown)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, DeedDocument.Write("2026-123456", name, "PNOXX-48504210018", Noon));
            var check = Tool.Run("qpdf", "--check", file);
            Assert.Contains("No syntax or stream encoding errors found", check.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("WARNING", check.Text, StringComparison.OrdinalIgnoreCase);
            var text = Tool.Run("mutool", "draw", "-F", "txt", file).Output;
            Assert.Contains($"Transferee: {shown}, PNOXX-48504210018.", text, StringComparison.Ordinal);
            Assert.Contains("deed number 2026-123456, drawn up on 23 November 2026", text, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_deed_belongs_to_one_person()
    {
        using var folder = new Folder();
        var store = folder.Store();
        var deed = new Deed(DeedStore.NewId(), "owner", Noon, "s1", new Uri("http://localhost:5200/requests/s1/review"), null, 0, null);
        await store.Put(deed, TestContext.Current.CancellationToken);
        Assert.Equal(deed, await store.Find(deed.Id, "owner", TestContext.Current.CancellationToken));
        Assert.Null(await store.Find(deed.Id, "somebody else", TestContext.Current.CancellationToken));
        Assert.Empty(await store.Of("somebody else", TestContext.Current.CancellationToken));
        Assert.Equal([deed], await store.Of("owner", TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../../../../../etc/pass")]
    [InlineData("..%2f..%2f..%2f..%2fx")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAA.")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAA/A")]
    public async Task An_identifier_is_no_path(string id)
    {
        using var folder = new Folder();
        Assert.Null(await folder.Store().Find(id, "owner", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Hands_the_deed_over_once_asked_and_sends_the_person_to_read_it()
    {
        using var folder = new Folder();
        var signing = new FakeSigning();
        var deeds = folder.Deeds(signing);
        var begun = Assert.IsType<DeedSigning.Begun>(await deeds.Begin("owner", "Liis Tamm", "PNOXX-48504210018", TestContext.Current.CancellationToken));

        Assert.Equal("http://signing.example/requests/s1/review", begun.ReviewUrl.AbsoluteUri);
        var deed = Assert.Single(await folder.Store().Of("owner", TestContext.Current.CancellationToken));
        Assert.Equal(deed.Id, signing.IdempotencyKey);
        Assert.Equal("Bearer token-1", signing.Authorization);
        Assert.Contains($"http://localhost:5403/deeds/{deed.Id}", signing.Body, StringComparison.Ordinal);
        Assert.Contains("PNOXX-48504210018", signing.Body, StringComparison.Ordinal);
        Assert.Contains("%PDF-1.7", signing.Body, StringComparison.Ordinal);
        Assert.Contains("grant_type=client_credentials", signing.TokenRequest, StringComparison.Ordinal);
        Assert.Contains("scope=signing", signing.TokenRequest, StringComparison.Ordinal);
        Assert.Contains("client_assertion=", signing.TokenRequest, StringComparison.Ordinal);
        Assert.DoesNotContain("client_secret", signing.TokenRequest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Takes_the_signed_document_and_asks_no_more()
    {
        using var folder = new Folder();
        var signing = new FakeSigning();
        var deeds = folder.Deeds(signing);
        await deeds.Begin("owner", "Liis Tamm", null, TestContext.Current.CancellationToken);
        var waiting = Assert.Single(await folder.Store().Of("owner", TestContext.Current.CancellationToken));
        Assert.Equal("shown", (await deeds.Receive(waiting, TestContext.Current.CancellationToken)).Status);

        signing.Status = "signed";
        var (received, _) = await deeds.Receive(waiting, TestContext.Current.CancellationToken);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(SignedBytes)), received.ReceivedSha256);
        Assert.Equal(SignedBytes.Length, received.ReceivedLength);
        Assert.Equal(SignedBytes, await File.ReadAllBytesAsync(folder.Store().DocumentPath(received), TestContext.Current.CancellationToken));

        signing.Answer = HttpStatusCode.ServiceUnavailable;
        Assert.True((await deeds.Receive((await folder.Store().Find(received.Id, "owner", TestContext.Current.CancellationToken))!, TestContext.Current.CancellationToken)).Deed.IsReceived);
        Assert.Equal(1, signing.TokenRequests);
    }

    [Fact]
    public async Task A_document_other_than_the_one_named_is_not_taken()
    {
        using var folder = new Folder();
        var signing = new FakeSigning { Status = "signed", NamedSha256 = new string('0', 64) };
        var deeds = folder.Deeds(signing);
        await deeds.Begin("owner", "Liis Tamm", null, TestContext.Current.CancellationToken);
        var deed = Assert.Single(await folder.Store().Of("owner", TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => deeds.Receive(deed, TestContext.Current.CancellationToken));
        Assert.False((await folder.Store().Find(deed.Id, "owner", TestContext.Current.CancellationToken))!.IsReceived);
    }

    [Fact]
    public async Task A_review_address_at_another_site_is_not_followed()
    {
        using var folder = new Folder();
        var deeds = folder.Deeds(new FakeSigning { ReviewUrl = "http://signing.example.evil/requests/s1/review" });
        Assert.IsType<DeedSigning.Refused>(await deeds.Begin("owner", "Liis Tamm", null, TestContext.Current.CancellationToken));
        Assert.Empty(await folder.Store().Of("owner", TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest)]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.UnprocessableEntity)]
    public async Task A_refusal_of_signing_leaves_no_deed(HttpStatusCode status)
    {
        using var folder = new Folder();
        var deeds = folder.Deeds(new FakeSigning { Answer = status });
        Assert.IsType<DeedSigning.Refused>(await deeds.Begin("owner", "Liis Tamm", null, TestContext.Current.CancellationToken));
        Assert.Empty(await folder.Store().Of("owner", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_signing_service_that_is_out_is_said_to_be()
    {
        using var folder = new Folder();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => folder.Deeds(new FakeSigning { Answer = HttpStatusCode.ServiceUnavailable }).Begin("owner", "Liis", null, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => folder.Deeds(new FakeSigning { Unreachable = true }).Begin("owner", "Liis", null, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => folder.Deeds(new FakeSigning { TokenAnswer = HttpStatusCode.ServiceUnavailable }).Begin("owner", "Liis", null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_refused_client_is_a_mistake_and_not_an_outage()
    {
        using var folder = new Folder();
        var problem = await Assert.ThrowsAsync<InvalidOperationException>(() => folder.Deeds(new FakeSigning { TokenAnswer = HttpStatusCode.BadRequest }).Begin("owner", "Liis", null, TestContext.Current.CancellationToken));
        Assert.Contains("refused the agency's own token", problem.Message, StringComparison.Ordinal);
    }

    sealed class FakeSigning : HttpMessageHandler
    {
        public HttpStatusCode Answer { get; set; } = HttpStatusCode.Created;

        public HttpStatusCode TokenAnswer { get; init; } = HttpStatusCode.OK;

        public bool Unreachable { get; init; }

        public string Status { get; set; } = "shown";

        public string ReviewUrl { get; init; } = "http://signing.example/requests/s1/review";

        public string NamedSha256 { get; init; } = Convert.ToHexStringLower(SHA256.HashData(SignedBytes));

        public string Body { get; private set; } = "";

        public string TokenRequest { get; private set; } = "";

        public int TokenRequests { get; private set; }

        public string? IdempotencyKey { get; private set; }

        public string? Authorization { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri!.AbsolutePath == "/token")
            {
                TokenRequest = await request.Content!.ReadAsStringAsync(cancellationToken);
                TokenRequests++;
                return Json(TokenAnswer, TokenAnswer == HttpStatusCode.OK ? """{"access_token":"token-1","expires_in":300}""" : """{"error":"invalid_client"}""");
            }
            if (Unreachable)
                throw new HttpRequestException("connection refused");
            if ((int)Answer >= 400)
                return Json(Answer, """{"error":"invalid_request"}""");
            if (request.Method == HttpMethod.Post)
            {
                Authorization = request.Headers.Authorization!.ToString();
                IdempotencyKey = request.Headers.GetValues("Idempotency-Key").Single();
                Body = Encoding.Latin1.GetString(await request.Content!.ReadAsByteArrayAsync(cancellationToken));
                return Json(HttpStatusCode.Created, $$"""{"id":"s1","review_url":"{{ReviewUrl}}"}""");
            }
            return request.RequestUri.AbsolutePath.EndsWith("/document", StringComparison.Ordinal)
                ? new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(SignedBytes) }
                : Json(HttpStatusCode.OK, $$"""{"id":"s1","status":"{{Status}}","signed_sha256":"{{NamedSha256}}"}""");
        }

        static HttpResponseMessage Json(HttpStatusCode status, string json) => new(status) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
    }

    /// <summary>A data folder of its own, and what works in it.</summary>
    sealed class Folder : IDisposable
    {
        readonly string path = Directory.CreateTempSubdirectory("deeds-").FullName;
        readonly DemoSettings settings;

        public Folder()
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var keyFile = Path.Combine(path, "client.key.pem");
            File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
            settings = DemoSettings.Check(new DemoOptions
            {
                Portal = "land", PublicAddress = "http://localhost:5403/", Authority = "http://provider.example/", ClientId = "land-registry", KeyFile = keyFile, Data = path, Signing = "http://signing.example/",
            }, production: false);
        }

        public DeedStore Store() => new(settings);

        public DeedSigning Deeds(FakeSigning signing)
        {
            var services = new ServiceCollection().AddLogging().AddLocalization();
            services.AddAuthentication().AddOpenIdConnect(AgencySignIn.Provider, oidc =>
            {
                oidc.ClientId = "land-registry";
                oidc.Configuration = new() { TokenEndpoint = "http://provider.example/token" };
                oidc.ConfigurationManager = new Microsoft.IdentityModel.Protocols.StaticConfigurationManager<Microsoft.IdentityModel.Protocols.OpenIdConnect.OpenIdConnectConfiguration>(oidc.Configuration);
            });
            services.AddDataProtection();
            var provider = services.BuildServiceProvider();
            var requests = new SignatureRequests(
                new HttpClient(signing), new AgencyKey(settings, TimeProvider.System), settings, provider.GetRequiredService<IOptionsMonitor<OpenIdConnectOptions>>(), TimeProvider.System, NullLogger<SignatureRequests>.Instance);
            return new DeedSigning(Store(), requests, settings, provider.GetRequiredService<Microsoft.Extensions.Localization.IStringLocalizer<DemoTexts>>(), TimeProvider.System, NullLogger<DeedSigning>.Instance);
        }

        public void Dispose() => Directory.Delete(path, recursive: true);
    }
}
