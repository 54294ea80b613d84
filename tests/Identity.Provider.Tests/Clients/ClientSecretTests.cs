using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using OpenIddict.EntityFrameworkCore.Models;

namespace Identity.Provider.Clients;

/// <summary>RFC 6749 2.3.1 for clients that are registered as legacy, at every endpoint that they call; each row changes one thing.</summary>
public sealed class ClientSecretTests(ClientSecretTests.WithLegacyClients legacy) : IClassFixture<ClientSecretTests.WithLegacyClients>
{
    private const string Basic = "by-header";
    private const string Post = "by-form";

    // With the characters that encoders like to escape.
    private static readonly string Secret = "-_" + Agency.Random(32);

    public sealed class WithLegacyClients : IAsyncLifetime
    {
        public RunningProvider Provider { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Provider = await RunningProvider.With(ClientSettings.Of(
            Legacy(Basic, "client_secret_basic", Secret),
            Legacy(Post, "client_secret_post", Secret)));

        public ValueTask DisposeAsync() => Provider.DisposeAsync();
    }

    private RunningProvider Provider => legacy.Provider;

    public static TheoryData<string, string?, string?> BadHeaders => new()
    {
        { "another secret", Credentials(Basic, Secret[..^1] + (Secret[^1] == 'A' ? 'B' : 'A')), null },
        { "a secret with one character more", Credentials(Basic, Secret + "A"), null },
        { "a secret of a megabyte's thousandth part", Credentials(Basic, new string('a', 700)), null },
        { "longer than any header that is read", Credentials(Basic, new string('a', 900)), null },
        { "an empty secret", Credentials(Basic, ""), null },
        { "no colon", Convert.ToBase64String(Encoding.ASCII.GetBytes(Basic)), null },
        { "no identifier", Credentials("", Secret), null },
        { "no base64", "not base64!", null },
        { "nothing", "", null },
        { "bytes that are no text", Convert.ToBase64String([0xff, 0xfe, (byte)':', 0xff]), null },
        { "an unknown client", Credentials("nobody", Secret), null },
        { "an identifier that is no identifier", Credentials("%00", Secret), null },
        { "the client of the other method", Credentials(Post, Secret), null },
        { "a client with a key", Credentials("tax-portal", Secret), null },
        { "another client_id in the form", Credentials(Basic, Secret), Post },
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_secret_in_the_header_authenticates_escaped_or_not(bool escaped)
    {
        string Encode(string text) => escaped ? string.Concat(text.Select(character => $"%{(int)character:X2}")) : text;
        var push = await Push(Credentials(Encode(Basic), Encode(Secret)), Request());
        Assert.True(push.Status == HttpStatusCode.Created, push.Body);
        var token = await Token(Credentials(Encode(Basic), Encode(Secret)), new());
        Assert.True(token.Status == HttpStatusCode.OK, token.Body);
    }

    [Fact]
    public async Task A_secret_in_the_form_authenticates()
    {
        var form = new Dictionary<string, string> { ["client_id"] = Post, ["client_secret"] = Secret };
        var push = await Push(null, [.. form, .. Request()]);
        Assert.True(push.Status == HttpStatusCode.Created, push.Body);
        var token = await Token(null, form);
        Assert.True(token.Status == HttpStatusCode.OK, token.Body);
    }

    [Theory]
    [MemberData(nameof(BadHeaders))]
    public async Task A_bad_header_is_an_invalid_client_whatever_is_wrong_with_it(string row, string? header, string? clientId)
    {
        Assert.NotEmpty(row);
        var form = clientId is null ? [] : new Dictionary<string, string> { ["client_id"] = clientId };
        foreach (var reply in new[] { await Push(header, [.. form, .. Request()]), await Token(header, form) })
        {
            Refused(reply);
            // RFC 6749 5.2: the scheme that the client tried.
            Assert.StartsWith("Basic", reply.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(Post, "another-secret-that-is-as-long-as-the-real-one-is")]
    [InlineData("nobody", null)]
    [InlineData(Basic, null)]
    [InlineData("tax-portal", null)]
    public async Task A_bad_form_is_an_invalid_client(string clientId, string? secret)
    {
        var form = new Dictionary<string, string> { ["client_id"] = clientId, ["client_secret"] = secret ?? Secret };
        Refused(await Push(null, [.. form, .. Request()]));
        Refused(await Token(null, form));
    }

    [Theory]
    [InlineData(Basic)]
    [InlineData(Post)]
    public async Task Without_any_secret_a_client_that_has_one_is_refused(string clientId)
    {
        var form = new Dictionary<string, string> { ["client_id"] = clientId };
        Refused(await Push(null, [.. form, .. Request()]));
        using var agency = new Agency(Provider, clientId) { RedirectUri = "https://agency.example/callback" };
        Refused(await agency.Post("/token", [.. form, .. agency.CodeRequest("code")]));
    }

    [Fact]
    public async Task An_answer_tells_nobody_which_clients_there_are()
    {
        var known = await Push(Credentials(Basic, "wrong"), Request());
        var unknown = await Push(Credentials("nobody", "wrong"), Request());
        Assert.Equal(known.Body, unknown.Body);
    }

    [Fact]
    public async Task Two_methods_in_one_request_are_an_invalid_request()
    {
        using var agency = new Agency(Provider, "tax-portal");
        var assertion = agency.Authenticated();
        var inForm = new Dictionary<string, string> { ["client_id"] = Basic, ["client_secret"] = Secret };
        foreach (var reply in new[]
        {
            await Push(Credentials(Basic, Secret), [.. inForm, .. Request()]),
            await Push(Credentials("tax-portal", Secret), [.. assertion, .. Request()]),
            await Push(null, [.. assertion, new("client_secret", Secret), .. Request()]),
            await Token(Credentials(Basic, Secret), inForm),
            await Token(null, new(assertion) { ["client_secret"] = Secret }),
        })
        {
            Assert.True(reply is { Status: HttpStatusCode.BadRequest, Error: "invalid_request" }, $"{reply.Status} {reply.Body}");
        }
    }

    [Fact]
    public async Task A_client_with_a_secret_cannot_come_by_an_assertion_that_is_keyed_with_it()
    {
        using var agency = new Agency(Provider, Post);
        var assertion = agency.Assertion(
            header: header => header["alg"] = "HS256", sign: bytes => HMACSHA256.HashData(Encoding.ASCII.GetBytes(Secret), bytes));
        Refused(await Push(null, [.. agency.Authenticated(assertion), .. Request()]));
    }

    [Fact]
    public async Task The_database_holds_a_digest_and_no_secret()
    {
        await Provider.InDatabase(async database =>
        {
            var stored = await database.Set<OpenIddictEntityFrameworkCoreApplication>().Where(client => client.ClientId == Basic).Select(client => client.ClientSecret).SingleAsync();
            Assert.Equal("sha256:" + Convert.ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes(Secret))).TrimEnd('=').Replace('+', '-').Replace('/', '_'), stored);
        });
    }

    [Fact]
    public async Task Another_secret_in_the_settings_is_the_only_one_after_a_start()
    {
        await using var provider = await RunningProvider.With(ClientSettings.Of(Legacy(Post, "client_secret_post", Secret)));
        var changed = Agency.Random(32);
        await provider.Restart(ClientSettings.Of(Legacy(Post, "client_secret_post", changed)));
        using var agency = new Agency(provider, Post) { RedirectUri = "https://agency.example/callback" };
        Dictionary<string, string> With(string secret) => new(agency.Request("openid")) { ["client_id"] = Post, ["client_secret"] = secret };
        Refused(await agency.Post("/par", With(Secret)));
        Assert.Equal(HttpStatusCode.Created, (await agency.Post("/par", With(changed))).Status);
    }

    private static ClientOptions Legacy(string id, string method, string secret) => new()
    {
        Id = id,
        Name = id,
        Profile = "legacy",
        RedirectUris = ["https://agency.example/callback"],
        Scopes = ["openid", "signing"],
        GrantTypes = ["authorization_code", "client_credentials"],
        TokenEndpointAuthMethod = method,
        ClientSecret = secret,
        Sector = "agency.example",
    };

    private static string Credentials(string id, string secret) => Convert.ToBase64String(Encoding.ASCII.GetBytes($"{id}:{secret}"));

    private static void Refused(Reply reply) => Assert.True(reply is { Status: HttpStatusCode.Unauthorized, Error: "invalid_client" }, $"{reply.Status} {reply.Body}");

    private Dictionary<string, string> Request()
    {
        using var agency = new Agency(Provider, Basic) { RedirectUri = "https://agency.example/callback" };
        return agency.Request("openid");
    }

    private Task<Reply> Push(string? header, IEnumerable<KeyValuePair<string, string>> form) => Send("/par", header, form);

    private Task<Reply> Token(string? header, Dictionary<string, string> form) =>
        Send("/token", header, [.. form, new("grant_type", "client_credentials"), new("scope", "signing")]);

    private async Task<Reply> Send(string path, string? header, IEnumerable<KeyValuePair<string, string>> form)
    {
        using var agency = new Agency(Provider, Basic);
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(form) };
        if (header is not null)
            request.Headers.TryAddWithoutValidation("Authorization", "Basic " + header);
        return await agency.Send(request);
    }
}
