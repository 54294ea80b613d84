using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Identity.Provider.Clients;
using Identity.Provider.Token;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;

namespace Identity.Provider.Encryption;

/// <summary>OpenID Connect Core 2, 5.3.2 and 10.2, Registration 2: what a client gets signed and encrypted, as it is registered, and never otherwise.</summary>
public sealed class EncryptedAnswersTests(EncryptedAnswersTests.Registered registered) : IClassFixture<EncryptedAnswersTests.Registered>
{
    /// <summary>Clients that sign with one key and are encrypted for with another.</summary>
    public sealed class Registered : IAsyncLifetime
    {
        public ECDsa Signing { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        public ECDiffieHellman Agreement { get; } = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

        public RSA Rsa { get; } = RSA.Create(2048);

        public RunningProvider Provider { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            var clients = new[]
            {
                Client("ecdh", options => (options.IdTokenEncryptedResponseAlg, options.IdTokenEncryptedResponseEnc) = ("ECDH-ES+A256KW", "A256GCM")),
                Client("rsa", options => options.IdTokenEncryptedResponseAlg = "RSA-OAEP-256"),
                Client("signed", options => options.UserinfoSignedResponseAlg = "PS256"),
                Client("sealed", options => (options.UserinfoEncryptedResponseAlg, options.UserinfoEncryptedResponseEnc) = ("ECDH-ES+A128KW", "A256GCM")),
                Client("nested", options => (options.UserinfoSignedResponseAlg, options.UserinfoEncryptedResponseAlg) = ("RS256", "RSA-OAEP-256")),
                Client("plain", _ => { }),
                Client("lost", options => (options.IdTokenEncryptedResponseAlg, options.UserinfoEncryptedResponseAlg) = ("ECDH-ES+A256KW", "ECDH-ES+A256KW")),
                Client("lost-later", options => options.UserinfoEncryptedResponseAlg = "ECDH-ES+A256KW"),
            };
            Provider = await RunningProvider.With(ClientSettings.Of(clients));
            foreach (var client in clients)
                Provider.ClientKeys[client.Id!] = Signing;
        }

        public async ValueTask DisposeAsync()
        {
            await Provider.DisposeAsync();
            Signing.Dispose();
            Agreement.Dispose();
            Rsa.Dispose();
        }

        public JsonObject SigningJwk() => EcJwk(Signing.ExportParameters(false).Q, "signs", "sig");

        public JsonObject AgreementJwk() => EcJwk(Agreement.ExportParameters(false).Q, "agrees", "enc");

        private JsonObject RsaJwk()
        {
            var numbers = Rsa.ExportParameters(false);
            return new JsonObject { ["kty"] = "RSA", ["n"] = Base64Url.EncodeToString(numbers.Modulus), ["e"] = Base64Url.EncodeToString(numbers.Exponent), ["kid"] = "wraps", ["use"] = "enc" };
        }

        private static JsonObject EcJwk(ECPoint point, string keyId, string use) => new()
        {
            ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y), ["kid"] = keyId, ["use"] = use,
        };

        private ClientOptions Client(string id, Action<ClientOptions> change)
        {
            var options = new ClientOptions
            {
                Id = id, Name = id, Sector = "agency.example", RedirectUris = ["http://localhost:7777/callback"], Scopes = ["openid", "profile"],
                Jwks = new JsonObject { ["keys"] = new JsonArray(SigningJwk(), AgreementJwk(), RsaJwk()) }.ToJsonString(),
            };
            change(options);
            return options;
        }
    }

    private RunningProvider Provider => registered.Provider;

    [Theory]
    [InlineData("ecdh", "ECDH-ES+A256KW", "A256GCM", "agrees")]
    [InlineData("rsa", "RSA-OAEP-256", "A128CBC-HS256", "wraps")]
    public async Task The_ID_token_is_signed_and_then_encrypted_for_the_clients_key(string client, string algorithm, string encryption, string keyId)
    {
        var (id, access) = await Tokens(client);
        var (header, inner) = BouncyCastleReader.Read(id, client == "rsa" ? registered.Rsa : registered.Agreement);
        Assert.Equal((algorithm, encryption, keyId, "JWT"), ((string?)header["alg"], (string?)header["enc"], (string?)header["kid"], (string?)header["cty"]));
        var signed = Encoding.ASCII.GetString(inner);
        Assert.Equal("ES256", (string?)Jwt.Header(signed)["alg"]);
        Assert.True(VerifiesByActiveKey(signed));
        Assert.Equal(client, (string?)Jwt.Payload(signed)["aud"]);
        Assert.Equal(Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(access)).AsSpan(0, 16)), (string?)Jwt.Payload(signed)["at_hash"]);
        // The subject of the header or a claim beside would undo it.
        Assert.DoesNotContain("sub", header);
    }

    [Fact]
    public async Task The_inner_token_is_a_hint_and_the_encrypted_one_is_not()
    {
        using var agency = Agency("ecdh");
        var (id, _) = await Tokens("ecdh");
        using var browser = await Browser("ecdh");
        var inner = Encoding.ASCII.GetString(BouncyCastleReader.Read(id, registered.Agreement).Plaintext);
        async Task<Dictionary<string, string>> With(string hint) => await browser.Authorize(agency, form => (form["id_token_hint"], form["prompt"]) = (hint, "none"));
        Assert.Contains("code", await With(inner));
        Assert.DoesNotContain("code", await With(id));
    }

    [Theory]
    [InlineData("signed", "PS256")]
    [InlineData("nested", "RS256")]
    public async Task Userinfo_is_signed_as_registered_for_this_client_alone(string client, string algorithm)
    {
        var (id, access) = await Tokens(client);
        var (type, body) = await UserInfo(client, access);
        Assert.Equal("application/jwt", type);
        if (client == "nested")
        {
            var (header, inner) = BouncyCastleReader.Read(body, registered.Rsa);
            Assert.Equal("JWT", (string?)header["cty"]);
            body = Encoding.ASCII.GetString(inner);
        }

        Assert.Equal(algorithm, (string?)Jwt.Header(body)["alg"]);
        Assert.True(VerifiesByActiveKey(body));
        var claims = Jwt.Payload(body);
        Assert.Equal(Provider.Issuer.AbsoluteUri, (string?)claims["iss"]);
        Assert.Equal(client, (string?)claims["aud"]);
        Assert.Equal((string?)Jwt.Payload(id)["sub"], (string?)claims["sub"]);
        Assert.Equal("Liis Tamm", (string?)claims["name"]);
    }

    [Fact]
    public async Task Userinfo_that_is_encrypted_alone_holds_the_claims_themselves()
    {
        var (_, access) = await Tokens("sealed");
        var (type, body) = await UserInfo("sealed", access);
        Assert.Equal("application/jwt", type);
        var (header, inner) = BouncyCastleReader.Read(body, registered.Agreement);
        Assert.False(header.ContainsKey("cty"));
        var claims = JsonNode.Parse(inner)!;
        Assert.Equal("Liis Tamm", (string?)claims["name"]);
        Assert.Equal("sealed", (string?)claims["aud"]);
    }

    [Fact]
    public async Task Userinfo_of_the_others_is_JSON()
    {
        var (_, access) = await Tokens("plain");
        var (type, body) = await UserInfo("plain", access);
        Assert.Equal("application/json", type);
        Assert.Equal("Liis Tamm", (string?)JsonNode.Parse(body)!["name"]);
    }

    [Fact]
    public async Task A_refusal_at_userinfo_stays_a_plain_challenge()
    {
        using var agency = Agency("signed");
        var reply = await agency.UserInfo("nonsense");
        Assert.Equal(HttpStatusCode.Unauthorized, reply.Status);
        Assert.Contains("invalid_token", reply.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signed_userinfo_is_no_hint()
    {
        var (_, access) = await Tokens("signed");
        var (_, body) = await UserInfo("signed", access);
        using var agency = Agency("signed");
        using var browser = await Browser("signed");
        Assert.DoesNotContain("code", await browser.Authorize(agency, form => (form["id_token_hint"], form["prompt"]) = (body, "none")));
    }

    [Fact]
    public async Task Without_a_key_to_encrypt_for_there_is_no_token_and_no_claim()
    {
        await Replace("lost", registered.SigningJwk());
        using var agency = Agency("lost");
        using var browser = await Browser("lost");
        var reply = await agency.Redeem((await browser.Authorize(agency))["code"]);
        Assert.True(reply is { Status: HttpStatusCode.InternalServerError, Error: "server_error" }, $"{reply.Status} {reply.Body}");
        Assert.DoesNotContain("id_token", reply.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("access_token", reply.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_key_to_encrypt_for_userinfo_answers_an_error_and_no_claim()
    {
        var (_, access) = await Tokens("lost-later");
        await Replace("lost-later", registered.SigningJwk());
        using var agency = Agency("lost-later");
        var reply = await agency.UserInfo(access);
        Assert.Equal(HttpStatusCode.InternalServerError, reply.Status);
        Assert.Equal("server_error", reply.Error);
        Assert.DoesNotContain("Liis", reply.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("sub", reply.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_is_encrypted_for_signs_no_assertion()
    {
        using var asSigner = ECDsa.Create(registered.Agreement.ExportParameters(true));
        using var agency = Agency("plain");
        foreach (var keyId in new[] { "agrees", "signs", null })
        {
            var assertion = agency.Assertion(
                header: header =>
                {
                    if (keyId is not null)
                        header["kid"] = keyId;
                },
                sign: bytes => asSigner.SignData(bytes, HashAlgorithmName.SHA256));
            Assert.Equal("invalid_client", (await agency.Push(agency.Request(), assertion)).Error);
        }
    }

    private async Task Replace(string client, JsonObject key)
    {
        await using var scope = Provider.Services.CreateAsyncScope();
        var clients = scope.ServiceProvider.GetRequiredService<RegisteredClients>();
        var (row, descriptor, _) = (await clients.Find(client, TestContext.Current.CancellationToken))!;
        descriptor.JsonWebKeySet = new JsonWebKeySet(new JsonObject { ["keys"] = new JsonArray(key) }.ToJsonString());
        await clients.UpdateAsync(row, descriptor);
    }

    private bool VerifiesByActiveKey(string jwt)
    {
        var parts = jwt.Split('.');
        var (signed, signature) = (Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]));
        var key = Provider.Services.GetRequiredService<TokenKeys>().Active((string)Jwt.Header(jwt)["alg"]!);
        Assert.Equal(key.KeyId, (string?)Jwt.Header(jwt)["kid"]);
        return key.Algorithm == "ES256"
            ? key.Key.AsEcdsa().VerifyData(signed, signature, HashAlgorithmName.SHA256)
            : key.Key.AsRsa().VerifyData(signed, signature, HashAlgorithmName.SHA256, key.Algorithm == "PS256" ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
    }

    private Agency Agency(string client) => new(Provider, client) { RedirectUri = "http://localhost:7777/callback" };

    private async Task<Browser> Browser(string client)
    {
        var browser = new Browser(Provider);
        await browser.SignIn();
        await Provider.Consent(client);
        return browser;
    }

    private async Task<(string Id, string Access)> Tokens(string client)
    {
        using var agency = Agency(client);
        using var browser = await Browser(client);
        var reply = await agency.Redeem((await browser.Authorize(agency))["code"]);
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        return ((string)reply.Json["id_token"]!, (string)reply.Json["access_token"]!);
    }

    private async Task<(string? Type, string Body)> UserInfo(string client, string access)
    {
        Assert.NotEmpty(client);
        using var http = new HttpClient { BaseAddress = Provider.Issuer };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/userinfo") { Headers = { Authorization = new("Bearer", access) } };
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
