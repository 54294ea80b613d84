using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.TestKit;
using Microsoft.IdentityModel.Tokens;
using Org.BouncyCastle.Crypto;

namespace Identity.Provider.Encryption;

/// <summary>RFC 7516, RFC 7518 4.3, 4.6, 5: what is written can be read by BouncyCastle and by npm's jose, by the right key alone.</summary>
public sealed class CompactEncryptionTests
{
    private const string Signed = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJzb21lYm9keSJ9.c2lnbmF0dXJl";

    public static TheoryData<string, string> Combinations =>
        new(from algorithm in RecipientKey.Algorithms from encryption in ContentEncryption.All select (algorithm, encryption.Name));

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Another_implementation_reads_all_six_combinations(string algorithm, string encryption)
    {
        using var keys = new KeyPair(algorithm);
        var (header, plaintext) = BouncyCastleReader.Read(keys.Encrypt(encryption), keys.Private);
        Assert.Equal(Signed, Encoding.ASCII.GetString(plaintext));
        Assert.Equal(algorithm, (string?)header["alg"]);
        Assert.Equal(encryption, (string?)header["enc"]);
        Assert.Equal("JWT", (string?)header["cty"]);
        Assert.Equal("for-me", (string?)header["kid"]);
        Assert.Equal(algorithm != "RSA-OAEP-256", header.ContainsKey("epk"));
        Assert.False(header["epk"]?.AsObject().ContainsKey("d") ?? false);
        Assert.False(header.ContainsKey("zip"));
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Another_key_a_changed_header_or_a_changed_part_reads_nothing(string algorithm, string encryption)
    {
        using var keys = new KeyPair(algorithm);
        using var other = new KeyPair(algorithm);
        var token = keys.Encrypt(encryption);
        Assert.ThrowsAny<Exception>(() => BouncyCastleReader.Read(token, other.Private));
        var parts = token.Split('.');
        for (var index = 0; index < parts.Length; index++)
        {
            var changed = Base64Url.DecodeFromChars(parts[index]);
            // Of the header the name of a member that nobody reads: it is authenticated all the same.
            if (index == 0)
                changed = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(changed).Replace("\"typ\"", "\"tyq\"", StringComparison.Ordinal));
            else
                changed[^1] ^= 1;
            var forged = string.Join('.', parts.Select((part, position) => position == index ? Base64Url.EncodeToString(changed) : part));
            Assert.ThrowsAny<CryptoException>(() => BouncyCastleReader.Read(forged, keys.Private));
        }
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Nothing_is_used_twice(string algorithm, string encryption)
    {
        using var keys = new KeyPair(algorithm);
        var first = keys.Encrypt(encryption).Split('.');
        var second = keys.Encrypt(encryption).Split('.');
        for (var index = algorithm == "RSA-OAEP-256" ? 1 : 0; index < first.Length; index++)
            Assert.NotEqual(first[index], second[index]);
    }

    [Fact]
    public void Jose_of_npm_reads_all_six_combinations()
    {
        var clients = Path.Combine(Repository.Root, "tests", "Identity.Journeys", "clients");
        if (!Directory.Exists(Path.Combine(clients, "node_modules", "jose")))
            Tool.Missing("the npm packages of the client tests are not installed; tests/run.sh installs them");
        var cases = new JsonArray();
        foreach (var (algorithm, encryption) in from algorithm in RecipientKey.Algorithms from encryption in ContentEncryption.All select (algorithm, encryption.Name))
        {
            using var keys = new KeyPair(algorithm);
            cases.Add(new JsonObject { ["token"] = keys.Encrypt(encryption), ["key"] = keys.PrivateJwk(), ["alg"] = algorithm, ["enc"] = encryption });
        }

        var result = Tool.RunWith("node", [Path.Combine(clients, "decrypt.mjs")], Encoding.UTF8.GetBytes(cases.ToJsonString()), clients);
        Assert.True(result.ExitCode == 0, result.Text);
        var answers = JsonNode.Parse(result.Output)!.AsArray();
        Assert.Equal(6, answers.Count);
        Assert.All(answers, answer => Assert.Equal(Signed, (string?)answer));
    }

    public static TheoryData<string, string, bool> Choices => new()
    {
        { "nothing said", "{}", true },
        { "use enc", """{"use":"enc"}""", true },
        { "its algorithm", """{"alg":"ECDH-ES+A256KW"}""", true },
        { "an operation of it", """{"key_ops":["deriveBits"]}""", true },
        { "use sig", """{"use":"sig"}""", false },
        { "another use", """{"use":"attest"}""", false },
        { "another algorithm of the same kind", """{"alg":"ECDH-ES+A128KW"}""", false },
        { "a signature algorithm", """{"alg":"ES256"}""", false },
        { "use enc and a signature algorithm", """{"use":"enc","alg":"ES256"}""", false },
        { "operations of signatures", """{"key_ops":["verify"]}""", false },
        { "another curve", """{"crv":"P-384"}""", false },
        { "another kind", """{"kty":"RSA","n":"AQAB","e":"AQAB"}""", false },
    };

    [Theory]
    [MemberData(nameof(Choices))]
    public void A_key_is_encrypted_for_when_nothing_says_that_it_is_for_something_else(string row, string members, bool good)
    {
        Assert.NotEmpty(row);
        using var keys = new KeyPair("ECDH-ES+A256KW");
        var jwk = keys.PublicJwk();
        jwk.Remove("kid");
        foreach (var (name, value) in JsonNode.Parse(members)!.AsObject())
            jwk[name] = value?.DeepClone();
        Assert.Equal(good, RecipientKey.Choose([new JsonWebKey(jwk.ToJsonString())], "ECDH-ES+A256KW") is { KeyId: null });
    }

    [Fact]
    public void The_key_that_says_most_is_preferred()
    {
        using var pair = new KeyPair("ECDH-ES+A256KW");
        JsonWebKey Key(string kid, string? use, string? algorithm) => new(pair.PublicJwk().ToJsonString()) { Kid = kid, Use = use, Alg = algorithm };
        JsonWebKey[] keys = [Key("signs", "sig", null), Key("silent", null, null), Key("algorithm", null, "ECDH-ES+A256KW"), Key("enc", "enc", null), Key("both", "enc", "ECDH-ES+A256KW")];
        foreach (var (count, kid) in new[] { (5, "both"), (4, "enc"), (3, "algorithm"), (2, "silent") })
            Assert.Equal(kid, RecipientKey.Choose(keys.Take(count), "ECDH-ES+A256KW")?.KeyId);
        Assert.Null(RecipientKey.Choose(keys.Take(1), "ECDH-ES+A256KW"));
        Assert.Null(RecipientKey.Choose(keys, "RSA-OAEP-256"));
    }

    [Theory]
    [InlineData("x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("y", "AQAB")]
    [InlineData("y", "!!!!")]
    public void A_point_that_is_not_on_the_curve_is_no_key(string member, string value)
    {
        using var keys = new KeyPair("ECDH-ES+A128KW");
        var jwk = keys.PublicJwk();
        jwk[member] = value;
        var chosen = RecipientKey.Choose([new JsonWebKey(jwk.ToJsonString())], "ECDH-ES+A128KW")!;
        Assert.False(chosen.IsUsable);
        Assert.ThrowsAny<Exception>(() => CompactEncryption.Write("text"u8, chosen, ContentEncryption.All[0], null));
    }

    /// <summary>A client's key for one algorithm.</summary>
    internal sealed class KeyPair(string algorithm) : IDisposable
    {
        public AsymmetricAlgorithm Private { get; } = algorithm == "RSA-OAEP-256" ? RSA.Create(2048) : ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

        public string Encrypt(string encryption) => CompactEncryption.Write(
            Encoding.ASCII.GetBytes(Signed), RecipientKey.Choose([new JsonWebKey(PublicJwk().ToJsonString())], algorithm)!, ContentEncryption.Named(encryption), "JWT");

        public JsonObject PublicJwk() => Jwk(includePrivate: false);

        public JsonObject PrivateJwk() => Jwk(includePrivate: true);

        public void Dispose() => Private.Dispose();

        private JsonObject Jwk(bool includePrivate)
        {
            var members = new JsonObject { ["kid"] = "for-me" };
            void Add(string name, byte[]? value) => members[name] = Base64Url.EncodeToString(value);
            if (Private is RSA rsa)
            {
                var numbers = rsa.ExportParameters(includePrivate);
                members["kty"] = "RSA";
                Add("n", numbers.Modulus);
                Add("e", numbers.Exponent);
                if (!includePrivate)
                    return members;
                foreach (var (name, value) in new[] { ("d", numbers.D), ("p", numbers.P), ("q", numbers.Q), ("dp", numbers.DP), ("dq", numbers.DQ), ("qi", numbers.InverseQ) })
                    Add(name, value);
                return members;
            }

            var point = ((ECDiffieHellman)Private).ExportParameters(includePrivate);
            (members["kty"], members["crv"]) = ("EC", "P-256");
            Add("x", point.Q.X);
            Add("y", point.Q.Y);
            if (includePrivate)
                Add("d", point.D);
            return members;
        }
    }
}
