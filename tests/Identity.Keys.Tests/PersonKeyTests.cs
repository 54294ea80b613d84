using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Keys.Activation;
using Identity.Keys.Tests.Activation;
using Identity.TestKit;

namespace Identity.Keys.Tests;

public sealed class PersonKeyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly PersonKeys _keys;

    public PersonKeyTests() => _keys = KeyRing.Open(_folder.Path, production: false).PersonKeys(PersonKeys.Software);

    public void Dispose() => _folder.Dispose();

    private static readonly byte[] Hash = SHA256.HashData("signed attributes"u8);

    [Fact]
    public void Signs_one_hash_and_is_gone()
    {
        using var key = _keys.Create(Approval());
        using var verifier = ECDsa.Create();
        verifier.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        Assert.Equal(KeyPurpose.PersonSignature, key.For(EvidenceBuilder.DocumentSha256).Purpose);
        Assert.True(verifier.VerifyHash(Hash, key.For(EvidenceBuilder.DocumentSha256).SignHash(SignatureScheme.EcdsaSha256, Hash), DSASignatureFormat.Rfc3279DerSequence));
        Assert.Throws<KeyUnavailableException>(() => key.For(EvidenceBuilder.DocumentSha256).SignHash(SignatureScheme.EcdsaSha256, Hash));
        Assert.Throws<KeyUnavailableException>(() => key.For(EvidenceBuilder.DocumentSha256).SignHashConcatenated(SignatureScheme.EcdsaSha256, Hash));
    }

    [Fact]
    public void An_Ed25519_key_signs_octets_once_and_is_gone()
    {
        using var key = KeyRing.Open(_folder.Path, production: false).PersonKeys(PersonKeys.Software, KeyAlgorithm.Ed25519).Create(Approval());
        var of = key.For(EvidenceBuilder.DocumentSha256);
        Assert.Throws<ArgumentException>(() => of.SignHash(SignatureScheme.EcdsaSha256, Hash));
        var value = of.SignData(SignatureScheme.Ed25519, Hash);
        var (publicKey, signature, octets, request) = (Path.Combine(_folder.Path, "pub"), Path.Combine(_folder.Path, "sig"), Path.Combine(_folder.Path, "octets"), Path.Combine(_folder.Path, "csr"));
        File.WriteAllText(publicKey, PemEncoding.WriteString("PUBLIC KEY", key.SubjectPublicKeyInfo.Span));
        File.WriteAllBytes(signature, value);
        File.WriteAllBytes(octets, Hash);
        File.WriteAllBytes(request, key.CertificationRequest.Span);
        Assert.Contains("Signature Verified Successfully", Tool.Run("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", publicKey, "-rawin", "-in", octets, "-sigfile", signature).Text, StringComparison.Ordinal);
        Assert.Contains("verify OK", Tool.Run("openssl", "req", "-inform", "DER", "-in", request, "-noout", "-verify").Text, StringComparison.Ordinal);
        Assert.Throws<KeyUnavailableException>(() => of.SignData(SignatureScheme.Ed25519, Hash));
    }

    [Theory]
    [InlineData(KeyAlgorithm.Rsa2048)]
    [InlineData(KeyAlgorithm.MlDsa65)]
    public void Keys_of_people_are_of_four_kinds(KeyAlgorithm algorithm) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => KeyRing.Open(_folder.Path, production: false).PersonKeys(PersonKeys.Software, algorithm));

    [Fact]
    public async Task Signs_one_hash_when_asked_in_parallel()
    {
        using var key = _keys.Create(Approval());
        var signed = 0;
        await Parallel.ForAsync(0, 50, TestContext.Current.CancellationToken, (_, _) =>
        {
            try
            {
                key.For(EvidenceBuilder.DocumentSha256).SignHash(SignatureScheme.EcdsaSha256, Hash);
                Interlocked.Increment(ref signed);
            }
            catch (KeyUnavailableException)
            {
                // The expected end of all but one.
            }

            return ValueTask.CompletedTask;
        });
        Assert.Equal(1, signed);
    }

    [Fact]
    public void Signs_once_for_each_document_of_the_approval_in_any_order_and_is_gone()
    {
        using var key = _keys.Create(Batch());
        using var verifier = ECDsa.Create();
        verifier.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        foreach (var document in (byte[][])[Three[2], Three[0], Three[1]])
        {
            var hash = SHA256.HashData(document);
            Assert.True(verifier.VerifyHash(hash, key.For(document).SignHash(SignatureScheme.EcdsaSha256, hash), DSASignatureFormat.Rfc3279DerSequence));
            Assert.Throws<KeyUnavailableException>(() => key.For(document).SignHash(SignatureScheme.EcdsaSha256, hash));
        }
    }

    [Fact]
    public void Signs_for_no_document_that_the_approval_does_not_name()
    {
        using var key = _keys.Create(Batch());
        Assert.StartsWith("The approval does not name this document.", Assert.Throws<ArgumentException>(() => key.For(EvidenceBuilder.DocumentSha256)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signs_as_often_as_there_are_documents_when_asked_in_parallel()
    {
        using var key = _keys.Create(Batch());
        var signed = new int[3];
        await Parallel.ForAsync(0, 60, TestContext.Current.CancellationToken, (i, _) =>
        {
            try
            {
                key.For(Three[i % 3]).SignHash(SignatureScheme.EcdsaSha256, Hash);
                Interlocked.Increment(ref signed[i % 3]);
            }
            catch (KeyUnavailableException)
            {
                // The expected end of all but one for each document.
            }

            return ValueTask.CompletedTask;
        });
        Assert.Equal([1, 1, 1], signed);
    }

    [Fact]
    public void A_destroyed_key_signs_none_of_the_remaining_documents()
    {
        using var key = _keys.Create(Batch());
        var last = key.For(Three[2]);
        key.For(Three[0]).SignHash(SignatureScheme.EcdsaSha256, Hash);
        key.Dispose();
        Assert.Throws<KeyUnavailableException>(() => last.SignHash(SignatureScheme.EcdsaSha256, Hash));
    }

    [Fact]
    public void A_destroyed_key_signs_nothing()
    {
        var key = _keys.Create(Approval());
        key.Dispose();
        key.Dispose();
        Assert.Throws<KeyUnavailableException>(() => key.For(EvidenceBuilder.DocumentSha256).SignHash(SignatureScheme.EcdsaSha256, Hash));
    }

    [Fact]
    public void An_approval_gives_one_key()
    {
        var approval = Approval();
        using var key = _keys.Create(approval);
        Assert.Throws<KeyUnavailableException>(() => _keys.Create(approval));
    }

    [Fact]
    public void Proves_possession_before_its_one_signature()
    {
        using var key = _keys.Create(Approval());
        var request = CertificateRequest.LoadSigningRequest(key.CertificationRequest.ToArray(), HashAlgorithmName.SHA256);
        Assert.Equal(key.SubjectPublicKeyInfo.ToArray(), request.PublicKey.ExportSubjectPublicKeyInfo());
        Assert.Equal("CN=" + key.Approval.Structure.Approval, request.SubjectName.Name);
        Assert.NotEmpty(key.For(EvidenceBuilder.DocumentSha256).SignHash(SignatureScheme.EcdsaSha256, Hash));
    }

    [Fact]
    public void Production_refuses_peoples_keys_in_software()
    {
        var refusal = Assert.Throws<KeyRingException>(() => KeyRing.Open(_folder.Path, production: true).PersonKeys(PersonKeys.Software));
        Assert.Equal("People's keys in software are for development; in production they must be made in a hardware token.", refusal.Message);
    }

    [Fact]
    public void Nothing_but_verification_makes_an_approval() => Assert.Empty(typeof(VerifiedApproval).GetConstructors());

    internal static byte[][] Three { get; } = [SHA256.HashData("first"u8), SHA256.HashData("second"u8), SHA256.HashData("third"u8)];

    internal static VerifiedApproval Batch()
    {
        using var evidence = new EvidenceBuilder();
        var one = $$"""{"label":"deed.pdf","sha256":"{{EvidenceBuilder.Base64Url(EvidenceBuilder.DocumentSha256)}}"}""";
        evidence.Canonical = evidence.Canonical.Replace(
            one, string.Join(',', Three.Select(digest => $$"""{"label":"deed.pdf","sha256":"{{EvidenceBuilder.Base64Url(digest)}}"}""")), StringComparison.Ordinal);
        return Assert.IsType<ApprovalVerification.Verified>(ApprovalEvidence.Verify(evidence.Build(), evidence.Jwks, ApprovalEvidenceTests.Expectations(evidence) with { Documents = null })).Approval;
    }

    private static VerifiedApproval Approval()
    {
        using var evidence = new EvidenceBuilder();
        return Assert.IsType<ApprovalVerification.Verified>(ApprovalEvidenceTests.Verify(evidence)).Approval;
    }
}
