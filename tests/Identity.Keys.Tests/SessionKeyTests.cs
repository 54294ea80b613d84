using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Keys.Activation;
using Identity.Keys.Pkcs11;
using Identity.Keys.Tests.Activation;
using Identity.Keys.Tests.Pkcs11;
using Identity.TestKit;

namespace Identity.Keys.Tests;

/// <summary>A credential's key, in software and in a token: disabled until one approval of its certificate, then exactly the approved hashes, each once.</summary>
public sealed class SessionKeyTests : HardwareToken
{
    private static readonly byte[] One = SHA256.HashData("one"u8);
    private static readonly byte[] Two = SHA256.HashData("two"u8);

    [Theory]
    [InlineData("software")]
    [InlineData("hsm")]
    public void Signs_nothing_before_and_then_each_approved_hash_as_often_as_it_is_there(string place)
    {
        using var key = Certified(place);
        using var verifier = ECDsa.Create();
        verifier.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        Assert.Throws<KeyUnavailableException>(() => key.SignHash(SignatureScheme.EcdsaSha256, One));
        key.Enable(Approval(key.Credential!, One, Two, One));
        Assert.Throws<KeyUnavailableException>(() => key.SignHash(SignatureScheme.EcdsaSha256, SHA256.HashData("three"u8)));
        foreach (var hash in new[] { One, One, Two })
            Assert.True(verifier.VerifyHash(hash, key.SignHash(SignatureScheme.EcdsaSha256, hash), DSASignatureFormat.Rfc3279DerSequence));
        foreach (var hash in new[] { One, Two })
            Assert.Throws<KeyUnavailableException>(() => key.SignHash(SignatureScheme.EcdsaSha256, hash));
        if (place == "hsm")
            Assert.DoesNotContain("Object", Hsm.Objects(), StringComparison.Ordinal);
    }

    [Fact]
    public void One_approval_of_this_certificate_enables_it_and_once()
    {
        using var key = Certified("software");
        using var other = Certified("software");
        Assert.Throws<KeyUnavailableException>(() => key.Enable(Approval(other.Credential!, One)));
        var approval = Approval(key.Credential!, One);
        key.Enable(approval);
        Assert.Throws<KeyUnavailableException>(() => key.Enable(Approval(key.Credential!, Two)));
        Assert.Throws<KeyUnavailableException>(() => key.SignHash(SignatureScheme.EcdsaSha256, Two));
        // Nor does that approval give a key for documents.
        Assert.Throws<ArgumentException>(() => Keys("software").Create(approval));
    }

    [Fact]
    public void A_key_without_certificate_or_destroyed_is_not_enabled_and_takes_no_other_keys_certificate()
    {
        using var key = Keys("software").CreateForSession();
        using var other = Keys("software").CreateForSession();
        Assert.Throws<KeyUnavailableException>(() => key.Enable(Approval(SessionKey.IdentifierOf(CertificateOf(key)), One)));
        Assert.Throws<ArgumentException>(() => key.Certified(CertificateOf(other)));
        key.Certified(CertificateOf(key));
        Assert.Throws<InvalidOperationException>(() => key.Certified(CertificateOf(key)));
        key.Dispose();
        Assert.Throws<KeyUnavailableException>(() => key.Enable(Approval(key.Credential!, One)));
    }

    [Fact]
    public void The_tokens_process_itself_counts_what_a_credentials_key_signs()
    {
        using var process = TokenProcess.Start(TokenSettings.Read(Hsm.TokenFile)).Process;
        var name = Assert.NotNull(process.Ask(TokenCall.MakeSessionKey, "\0s-1"u8)).Body[..16];
        byte Kind(byte call, byte[] body) => Assert.NotNull(process.Ask(call, body)).Kind;
        Assert.Equal(TokenAnswer.Unavailable, Kind(TokenCall.SignWithPersonKey, [.. name, .. One]));
        Assert.Equal(TokenAnswer.Done, Kind(TokenCall.EnableSessionKey, [.. name, .. One, .. Two]));
        Assert.Equal(TokenAnswer.Unavailable, Kind(TokenCall.EnableSessionKey, [.. name, .. SHA256.HashData("three"u8)]));
        Assert.Equal(TokenAnswer.Done, Kind(TokenCall.SignWithPersonKey, [.. name, .. One]));
        Assert.Equal(TokenAnswer.Unavailable, Kind(TokenCall.SignWithPersonKey, [.. name, .. One]));
        Assert.Equal(TokenAnswer.Unavailable, Kind(TokenCall.SignWithPersonKey, [.. name, .. SHA256.HashData("three"u8)]));
        Assert.Equal(TokenAnswer.Done, Kind(TokenCall.SignWithPersonKey, [.. name, .. Two]));
        Assert.Equal(TokenAnswer.Unavailable, Kind(TokenCall.SignWithPersonKey, [.. name, .. Two]));
        // That of a document is enabled by nothing.
        var ofDocument = Assert.NotNull(process.Ask(TokenCall.MakePersonKey, "\0\u0001a-1"u8)).Body[..16];
        Assert.Equal(TokenAnswer.Unavailable, Kind(TokenCall.EnableSessionKey, [.. ofDocument, .. One]));
    }

    [Theory]
    [InlineData("\"version\":2", "\"version\":1")]
    [InlineData("\"signatures\":[", "\"documents\":[],\"signatures\":[")]
    [InlineData("\"signatures\":[", "\"signatures\":[ ")]
    [InlineData(",\"document\":\"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"", ",\"document\":null")]
    [InlineData(",\"document\":\"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"", ",\"document\":\"47DE\"")]
    [InlineData("\"credential\":\"", "\"credential\":\"A")]
    public void The_structure_of_a_credentials_approval_has_one_form(string part, string other)
    {
        var canonical = Canonical("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", new EvidenceBuilder(), "{\"label\":\"a.pdf\",\"hash\":\"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\",\"document\":\"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"}");
        Assert.True(ApprovalStructure.TryParse(System.Text.Encoding.UTF8.GetBytes(canonical), out var structure));
        Assert.Equal(canonical, System.Text.Encoding.UTF8.GetString(structure!.ToCanonicalBytes()));
        Assert.False(ApprovalStructure.TryParse(System.Text.Encoding.UTF8.GetBytes(canonical.Replace(part, other, StringComparison.Ordinal)), out _));
    }

    [Fact]
    public void A_hundred_signatures_with_the_longest_labels_fit_and_one_more_is_refused()
    {
        var digest = EvidenceBuilder.Base64Url(One);
        var structure = new ApprovalStructure
        {
            Approval = ApprovalStructure.NewRandom(), Random = ApprovalStructure.NewRandom(), Person = new string('P', 64), Client = new string('c', 100), Requester = new string('中', 200),
            Purpose = new string('中', 500), Documents = [], Credential = digest, Signatures = [.. Enumerable.Repeat(new ApprovedSignature(new string('中', 255), digest, digest), 100)],
            Expires = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000),
        };
        Assert.True(ApprovalStructure.TryParse(structure.ToCanonicalBytes(), out _));
        string Refusal(ApprovalStructure wrong) => Assert.Throws<ArgumentException>(wrong.ToCanonicalBytes).Message;
        Assert.Equal("signatures are not 1 to 100", Refusal(structure with { Signatures = [.. structure.Signatures, structure.Signatures[0]] }));
        Assert.Equal("signatures are not 1 to 100", Refusal(structure with { Signatures = [] }));
        Assert.Equal("documents are there beside a credential", Refusal(structure with { Documents = [new ApprovedDocument("a", digest)] }));
        Assert.Equal("documents are not 1 to 100", Refusal(structure with { Credential = null }));
    }

    private PersonKeys Keys(string place) =>
        (place == PersonKeys.Software ? KeyRing.Open(Path.GetDirectoryName(Hsm.TokenFile)!, production: false) : Ring()).PersonKeys(place);

    private SessionKey Certified(string place)
    {
        var key = Keys(place).CreateForSession();
        key.Certified(CertificateOf(key));
        return key;
    }

    internal static byte[] CertificateOf(SessionKey key)
    {
        using var issuer = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = CertificateRequest.LoadSigningRequest(key.CertificationRequest.ToArray(), HashAlgorithmName.SHA256, signerSignaturePadding: RSASignaturePadding.Pss);
        using var certificate = request.Create(
            new X500DistinguishedName("CN=Issuer"), X509SignatureGenerator.CreateForECDsa(issuer), DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1), [1]);
        return certificate.RawData;
    }

    internal static VerifiedApproval Approval(string credential, params byte[][] hashes)
    {
        using var evidence = new EvidenceBuilder();
        evidence.Canonical = Canonical(credential, evidence, string.Join(',', hashes.Select(hash => $$"""{"label":"a.pdf","hash":"{{EvidenceBuilder.Base64Url(hash)}}"}""")));
        return Assert.IsType<ApprovalVerification.Verified>(ApprovalEvidenceTests.Verify(evidence)).Approval;
    }

    private static string Canonical(string credential, EvidenceBuilder evidence, string signatures)
    {
        var documents = evidence.Canonical.IndexOf("\"documents\"", StringComparison.Ordinal);
        var expires = evidence.Canonical.IndexOf(",\"expires\"", StringComparison.Ordinal);
        return evidence.Canonical[..documents].Replace("\"version\":1", "\"version\":2", StringComparison.Ordinal)
            + $"\"credential\":\"{credential}\",\"signatures\":[{signatures}]" + evidence.Canonical[expires..];
    }
}
