using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Keys.Activation;
using Identity.Keys.Pkcs11;
using Identity.Keys.Tests.Activation;
using Identity.TestKit;

namespace Identity.Keys.Tests.Pkcs11;

/// <summary>A person's key made in the token: one approval, one key, one signature, and nothing left.</summary>
public sealed class TokenPersonKeyTests : HardwareToken
{
    private static readonly byte[] Hash = SHA256.HashData("signed attributes"u8);

    [Fact]
    public void Signs_one_hash_and_leaves_nothing_in_the_token()
    {
        using var key = Keys().Create(Approval());
        using var verifier = ECDsa.Create();
        verifier.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        Assert.True(verifier.VerifyHash(Hash, key.For(EvidenceBuilder.DocumentSha256).SignHash(SignatureScheme.EcdsaSha256, Hash), DSASignatureFormat.Rfc3279DerSequence));
        Assert.Throws<KeyUnavailableException>(() => key.For(EvidenceBuilder.DocumentSha256).SignHash(SignatureScheme.EcdsaSha256, Hash));
        Assert.DoesNotContain("Object", Hsm.Objects(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_Ed25519_key_proves_possession_signs_octets_once_and_leaves_nothing_in_the_token()
    {
        using var key = Ring().PersonKeys("hsm", KeyAlgorithm.Ed25519).Create(Approval());
        Assert.Equal(KeyAlgorithm.Ed25519, key.For(EvidenceBuilder.DocumentSha256).Algorithm);
        var octets = RandomNumberGenerator.GetBytes(SigningKey.MostOctets);
        File.WriteAllText(Hsm.TokenFile + ".pub", PemEncoding.WriteString("PUBLIC KEY", key.SubjectPublicKeyInfo.Span));
        File.WriteAllBytes(Hsm.TokenFile + ".csr", key.CertificationRequest.Span);
        Assert.Contains("verify OK", Tool.Run("openssl", "req", "-inform", "DER", "-in", Hsm.TokenFile + ".csr", "-noout", "-verify").Text, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => key.For(EvidenceBuilder.DocumentSha256).SignHash(SignatureScheme.EcdsaSha256, Hash));
        Assert.Throws<ArgumentException>(() => key.For(EvidenceBuilder.DocumentSha256).SignData(SignatureScheme.Ed25519, new byte[SigningKey.MostOctets + 1]));
        File.WriteAllBytes(Hsm.TokenFile + ".sig", key.For(EvidenceBuilder.DocumentSha256).SignData(SignatureScheme.Ed25519, octets));
        File.WriteAllBytes(Hsm.TokenFile + ".octets", octets);
        Assert.Contains("Signature Verified Successfully", Tool.Run("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", Hsm.TokenFile + ".pub", "-rawin",
            "-in", Hsm.TokenFile + ".octets", "-sigfile", Hsm.TokenFile + ".sig").Text, StringComparison.Ordinal);
        Assert.Throws<KeyUnavailableException>(() => key.For(EvidenceBuilder.DocumentSha256).SignData(SignatureScheme.Ed25519, octets));
        Assert.DoesNotContain("Object", Hsm.Objects(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_process_of_the_token_itself_lets_an_Ed25519_key_sign_once()
    {
        using var process = TokenProcess.Start(TokenSettings.Read(Hsm.TokenFile)).Process;
        var name = Assert.NotNull(process.Ask(TokenCall.MakePersonKey, "\u0004\u0001a-1"u8)).Body[..16];
        byte[] question = [.. name, 0, .. "signed attributes"u8];
        Assert.Equal((TokenAnswer.Done, 64), Assert.NotNull(process.Ask(TokenCall.SignOctetsWithPersonKey, question)) is var first ? (first.Kind, first.Body.Length) : default);
        Assert.Equal(TokenAnswer.Unavailable, Assert.NotNull(process.Ask(TokenCall.SignOctetsWithPersonKey, question)).Kind);
    }

    [Fact]
    public void The_process_of_the_token_itself_signs_one_hash_only()
    {
        using var process = TokenProcess.Start(TokenSettings.Read(Hsm.TokenFile)).Process;
        var name = Assert.NotNull(process.Ask(TokenCall.MakePersonKey, "\0\u0001a-1"u8)).Body[..16];
        byte[] question = [.. name, 0, .. Hash];
        Assert.Equal(TokenAnswer.Done, Assert.NotNull(process.Ask(TokenCall.SignWithPersonKey, question)).Kind);
        var second = Assert.NotNull(process.Ask(TokenCall.SignWithPersonKey, question));
        Assert.Equal((TokenAnswer.Unavailable, "The person's key has been used, destroyed or lost."), (second.Kind, TokenClient.Text(second)));
    }

    [Fact]
    public void Signs_once_for_each_document_and_leaves_nothing_in_the_token()
    {
        using var key = Keys().Create(PersonKeyTests.Batch());
        using var verifier = ECDsa.Create();
        verifier.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        foreach (var document in PersonKeyTests.Three)
        {
            var hash = SHA256.HashData(document);
            Assert.True(verifier.VerifyHash(hash, key.For(document).SignHash(SignatureScheme.EcdsaSha256, hash), DSASignatureFormat.Rfc3279DerSequence));
            Assert.Throws<KeyUnavailableException>(() => key.For(document).SignHash(SignatureScheme.EcdsaSha256, hash));
        }

        Assert.DoesNotContain("Object", Hsm.Objects(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_was_used_for_some_documents_leaves_nothing_when_it_is_destroyed()
    {
        using var key = Keys().Create(PersonKeyTests.Batch());
        key.For(PersonKeyTests.Three[1]).SignHash(SignatureScheme.EcdsaSha256, Hash);
        var next = key.For(PersonKeyTests.Three[2]);
        key.Dispose();
        Assert.Throws<KeyUnavailableException>(() => next.SignHash(SignatureScheme.EcdsaSha256, Hash));
        Assert.DoesNotContain("Object", Hsm.Objects(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_process_of_the_token_itself_signs_once_for_each_document()
    {
        using var process = TokenProcess.Start(TokenSettings.Read(Hsm.TokenFile)).Process;
        var name = Assert.NotNull(process.Ask(TokenCall.MakePersonKey, "\0\u0002a-1"u8)).Body[..16];
        byte[] first = [.. name, 0, .. Hash], second = [.. name, 1, .. Hash];
        Assert.Equal(TokenAnswer.Done, Assert.NotNull(process.Ask(TokenCall.SignWithPersonKey, second)).Kind);
        var again = Assert.NotNull(process.Ask(TokenCall.SignWithPersonKey, second));
        Assert.Equal((TokenAnswer.Unavailable, "The person's key is not for this document, or has signed it."), (again.Kind, TokenClient.Text(again)));
        Assert.Equal(TokenAnswer.Done, Assert.NotNull(process.Ask(TokenCall.SignWithPersonKey, first)).Kind);
        var gone = Assert.NotNull(process.Ask(TokenCall.SignWithPersonKey, first));
        Assert.Equal((TokenAnswer.Unavailable, "The person's key has been used, destroyed or lost."), (gone.Kind, TokenClient.Text(gone)));
    }

    [Fact]
    public async Task Signs_one_hash_when_asked_in_parallel()
    {
        using var key = Keys().Create(Approval());
        var signed = 0;
        await Parallel.ForAsync(0, 20, Cancellation, (_, _) =>
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
    public void An_approval_gives_one_key()
    {
        var keys = Keys();
        var approval = Approval();
        using var key = keys.Create(approval);
        Assert.Throws<KeyUnavailableException>(() => keys.Create(approval));
    }

    [Fact]
    public void A_destroyed_key_signs_nothing()
    {
        var key = Keys().Create(Approval());
        key.Dispose();
        key.Dispose();
        Assert.Throws<KeyUnavailableException>(() => key.For(EvidenceBuilder.DocumentSha256).SignHash(SignatureScheme.EcdsaSha256, Hash));
    }

    [Fact]
    public void Proves_possession_to_openssl_before_its_one_signature()
    {
        using var key = Keys().Create(Approval());
        File.WriteAllBytes(PathOf("request.der"), key.CertificationRequest.ToArray());
        var shown = Tool.Run("openssl", "req", "-inform", "DER", "-in", PathOf("request.der"), "-verify", "-noout", "-subject", "-pubkey");
        Assert.Contains("self-signature verify OK", shown.Text, StringComparison.Ordinal);
        Assert.Contains("CN = " + key.Approval.Structure.Approval, shown.Text, StringComparison.Ordinal);
        Assert.Contains(PemEncoding.WriteString("PUBLIC KEY", key.SubjectPublicKeyInfo.Span), shown.Text, StringComparison.Ordinal);
        Assert.NotEmpty(key.For(EvidenceBuilder.DocumentSha256).SignHash(SignatureScheme.EcdsaSha256, Hash));
    }

    [Fact]
    public void A_process_that_ended_took_the_key_with_it_and_the_next_makes_another()
    {
        var keys = Keys();
        using var lost = keys.Create(Approval());
        Send("KILL", OnlyProcess());
        Assert.Throws<KeyUnavailableException>(() => lost.For(EvidenceBuilder.DocumentSha256).SignHash(SignatureScheme.EcdsaSha256, Hash));
        Assert.DoesNotContain("Object", Hsm.Objects(), StringComparison.Ordinal);
        using var next = keys.Create(Approval());
        Assert.NotEmpty(next.For(EvidenceBuilder.DocumentSha256).SignHash(SignatureScheme.EcdsaSha256, Hash));
    }

    [Fact]
    public void Keys_are_made_up_to_their_cap_at_once_and_no_longer_count_when_destroyed()
    {
        using var process = TokenProcess.Start(TokenSettings.Read(Hsm.TokenFile)).Process;
        var made = Enumerable.Range(0, PersonKeyPairs.MostAtOnce).Select(_ => Assert.NotNull(process.Ask(TokenCall.MakePersonKey, "\0\u0001a-1"u8))).ToList();
        Assert.All(made, answer => Assert.Equal(TokenAnswer.Done, answer.Kind));
        var refused = Assert.NotNull(process.Ask(TokenCall.MakePersonKey, "\0\u0001a-1"u8));
        Assert.Equal((TokenAnswer.Unavailable, "512 keys of people are in the token; no further one is made."), (refused.Kind, TokenClient.Text(refused)));
        Assert.Equal(TokenAnswer.Done, Assert.NotNull(process.Ask(TokenCall.DestroyPersonKey, made[0].Body.AsSpan(0, 16))).Kind);
        Assert.Equal(TokenAnswer.Done, Assert.NotNull(process.Ask(TokenCall.MakePersonKey, "\0\u0001a-1"u8)).Kind);
    }

    [Fact]
    public void A_token_that_is_not_described_is_refused_at_the_start() =>
        Assert.StartsWith("Token 'none' cannot be read from", Assert.Throws<KeyRingException>(() => Ring().PersonKeys("none")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_token_that_is_not_present_is_refused_at_the_start()
    {
        Hsm.Describe(label: "other");
        Assert.Equal("People's keys cannot be had: Token 'hsm': no token with the label 'other' is present.",
            Assert.Throws<KeyRingException>(() => Ring().PersonKeys("hsm")).Message);
    }

    private PersonKeys Keys() => Ring().PersonKeys("hsm");

    private static VerifiedApproval Approval()
    {
        using var evidence = new EvidenceBuilder();
        return Assert.IsType<ApprovalVerification.Verified>(ApprovalEvidenceTests.Verify(evidence)).Approval;
    }
}
