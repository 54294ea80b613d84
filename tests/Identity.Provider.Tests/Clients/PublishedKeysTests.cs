using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Identity.Provider.Outgoing;
using Identity.Web.Outgoing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Identity.Provider.Clients;

/// <summary>Keys at a client's <c>jwks_uri</c>: when they are fetched, how long they are good, and what is no good key set. The clock is the test's.</summary>
public sealed class PublishedKeysTests : IDisposable
{
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly GuardedHttp http = new(AllowedAddresses.Check([], development: true));
    private readonly HandMovedTime time = new();
    private readonly FetchedKeySets sets;

    public PublishedKeysTests() => sets = new FetchedKeySets(http, time, NullLogger<FetchedKeySets>.Instance);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        http.Dispose();
        key.Dispose();
    }

    [Fact]
    public async Task Are_fetched_once_an_hour()
    {
        await using var server = StrangeServer.Answering(() => ClientSettings.Jwks(key, "a"));
        for (var use = 0; use < 3; use++)
            Assert.Equal("a", Assert.Single((await Of(server, "a"))!).KeyId);
        Assert.Single(server.Heads);
        time.Forward(FetchedKeySets.Fresh);
        Assert.NotNull(await Of(server, "a"));
        Assert.Equal(2, server.Heads.Count);
    }

    [Fact]
    public async Task An_unknown_key_brings_them_anew_once_a_minute_at_most()
    {
        var published = "a";
        await using var server = StrangeServer.Answering(() => ClientSettings.Jwks(key, published));
        Assert.NotNull(await Of(server, "a"));
        published = "b";
        time.Forward(TimeSpan.FromSeconds(30));
        Assert.Equal("a", Assert.Single((await Of(server, "b"))!).KeyId);
        Assert.Single(server.Heads);
        time.Forward(TimeSpan.FromSeconds(30));
        Assert.Equal("b", Assert.Single((await Of(server, "b"))!).KeyId);
        for (var stranger = 0; stranger < 5; stranger++)
            Assert.NotNull(await Of(server, $"c{stranger}"));
        Assert.Equal(2, server.Heads.Count);
    }

    [Fact]
    public async Task One_request_fetches_and_the_others_wait_for_it()
    {
        await using var server = StrangeServer.That(async (stream, cancellation) =>
        {
            await Task.Delay(200, cancellation);
            await StrangeServer.Write(stream, StrangeServer.Ok(ClientSettings.Jwks(key, "a")), cancellation);
        });
        var all = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Of(server, "a")));
        Assert.All(all, keys => Assert.NotNull(keys));
        Assert.Single(server.Heads);
    }

    [Fact]
    public async Task The_last_good_ones_serve_for_a_day_when_the_server_fails()
    {
        var fails = false;
        await using var server = StrangeServer.That((stream, cancellation) => StrangeServer.Write(
            stream, fails ? "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" : StrangeServer.Ok(ClientSettings.Jwks(key, "a")), cancellation));
        Assert.NotNull(await Of(server, "a"));
        fails = true;
        time.Forward(TimeSpan.FromHours(23));
        Assert.Equal("a", Assert.Single((await Of(server, "a"))!).KeyId);
        time.Forward(TimeSpan.FromHours(1));
        Assert.Null(await Of(server, "a"));
        fails = false;
        time.Forward(FetchedKeySets.Pause);
        Assert.NotNull(await Of(server, "a"));
    }

    public static TheoryData<string, string> NoKeySets => new()
    {
        { "no JSON", "<html></html>" },
        { "half of it", "{\"keys\":[{\"kty\":\"EC\"" },
        { "no keys", "{\"keys\":[]}" },
        { "a list", "[]" },
        { "null", "null" },
        { "keys that are no objects", "{\"keys\":[1,2]}" },
        { "a modulus that is no base64url", "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"***\",\"e\":\"AQAB\"}]}" },
        { "a symmetric key", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}" },
        { "33 keys", $"{{\"keys\":[{string.Join(',', Enumerable.Repeat("{\"kty\":\"OKP\"}", 33))}]}}" },
        { "none of a kind that is used", "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}]}" },
        { "more than 64 kB", $"{{\"pad\":\"{new string('x', 64 * 1024)}\"}}" },
    };

    [Theory]
    [MemberData(nameof(NoKeySets))]
    public async Task What_is_no_key_set_yields_no_key(string row, string body)
    {
        Assert.NotEmpty(row);
        await using var server = StrangeServer.Answering(() => body);
        Assert.Null(await Of(server, "a"));
    }

    [Fact]
    public async Task A_private_key_among_them_spoils_all()
    {
        var jwks = JsonNode.Parse(ClientSettings.Jwks(key, "a"))!;
        jwks["keys"]![0]!["d"] = Base64Url.EncodeToString(key.ExportParameters(true).D);
        await using var server = StrangeServer.Answering(() => jwks.ToJsonString());
        Assert.Null(await Of(server, "a"));
    }

    // RFC 7517 5.
    [Fact]
    public async Task Keys_of_other_kinds_are_passed_over()
    {
        var jwks = JsonNode.Parse(ClientSettings.Jwks(key, "a"))!;
        jwks["keys"]!.AsArray().Add(new JsonObject { ["kty"] = "OKP", ["crv"] = "Ed25519", ["x"] = "AAAA", ["kid"] = "b" });
        await using var server = StrangeServer.Answering(() => jwks.ToJsonString());
        Assert.Equal("a", Assert.Single((await Of(server, "a"))!).KeyId);
    }

    [Fact]
    public async Task A_redirect_yields_no_key()
    {
        await using var other = StrangeServer.Answering(() => ClientSettings.Jwks(key, "a"));
        await using var server = StrangeServer.That((stream, cancellation) => StrangeServer.Write(
            stream, $"HTTP/1.1 307 Elsewhere\r\nLocation: {other.Address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", cancellation));
        Assert.Null(await Of(server, "a"));
        Assert.Empty(other.Heads);
    }

    [Fact]
    public async Task A_private_address_yields_no_key_and_no_connection()
    {
        using var guarded = new GuardedHttp(AllowedAddresses.Check([], development: false));
        var strict = new FetchedKeySets(guarded, time, NullLogger<FetchedKeySets>.Instance);
        await using var server = StrangeServer.Answering(() => ClientSettings.Jwks(key, "a"));
        Assert.Null(await strict.Of("agency", new Uri($"https://localhost:{server.Port}/keys"), "a", Cancellation));
        Assert.Empty(server.Heads);
    }

    [Fact]
    public async Task A_client_with_another_address_is_asked_there()
    {
        await using var before = StrangeServer.Answering(() => ClientSettings.Jwks(key, "a"));
        await using var now = StrangeServer.Answering(() => ClientSettings.Jwks(key, "b"));
        Assert.Equal("a", Assert.Single((await Of(before, null))!).KeyId);
        Assert.Equal("b", Assert.Single((await Of(now, null))!).KeyId);
    }

    [Fact]
    public async Task A_client_authenticates_with_a_key_that_it_publishes()
    {
        using var rotated = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await using var server = StrangeServer.Answering(() => ClientSettings.Jwks(key, "a"));
        await using var silent = new Silent();
        await using var provider = await RunningProvider.With(ClientSettings.Of(Client("published", server.Address), Client("silent", silent.Address)));
        Assert.Equal(HttpStatusCode.Created, (await Push(provider, "published", key, "a")).Status);
        Assert.Equal(HttpStatusCode.Created, (await Push(provider, "published", key, null)).Status);
        // Within the minute nothing is fetched for a key that is not known, and none of the known ones signed it.
        foreach (var refused in new[] { await Push(provider, "published", rotated, "b"), await Push(provider, "published", rotated, "c") })
            Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), (refused.Status, refused.Error));
        Assert.Single(server.Heads);
        var slow = await Push(provider, "silent", key, "a");
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), (slow.Status, slow.Error));
        Assert.Equal(HttpStatusCode.Created, (await Push(provider, "published", key, "a")).Status);
    }

    private static async Task<Reply> Push(RunningProvider provider, string client, ECDsa key, string? keyId)
    {
        using var agency = new Agency(provider, client) { RedirectUri = "https://agency.example/callback" };
        return await agency.Push(agency.Request("openid"), agency.Assertion(
            header: header => header["kid"] = keyId, sign: bytes => key.SignData(bytes, HashAlgorithmName.SHA256)));
    }

    private static ClientOptions Client(string id, Uri keys) => new()
    {
        Id = id,
        Name = id,
        RedirectUris = ["https://agency.example/callback"],
        Scopes = ["openid"],
        JwksUri = keys.AbsoluteUri,
        Sector = "agency.example",
    };

    private async Task<IReadOnlyList<Microsoft.IdentityModel.Tokens.JsonWebKey>?> Of(StrangeServer server, string? keyId) =>
        (await sets.Of("agency", server.Address, keyId, Cancellation))?.Keys.AsReadOnly();

    /// <summary>Takes connections and says nothing.</summary>
    private sealed class Silent : IAsyncDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);

        public Silent() => listener.Start();

        public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/keys");

        public ValueTask DisposeAsync()
        {
            listener.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>Stands until it is moved.</summary>
public sealed class HandMovedTime : TimeProvider
{
    private DateTimeOffset now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => now;

    public void Forward(TimeSpan by) => now += by;
}
