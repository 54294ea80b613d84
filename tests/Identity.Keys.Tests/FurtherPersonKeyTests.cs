using System.Security.Cryptography;
using Identity.Keys.Activation;
using Identity.Keys.Pkcs11;
using Identity.Keys.Tests.Activation;
using Identity.Keys.Tests.Pkcs11;
using Identity.TestKit;
using Net.Pkcs11Interop.Common;

namespace Identity.Keys.Tests;

/// <summary>People's keys of P-384 and RSA-3072, in software and in a token: openssl verifies what they sign, and they sign what was approved, once.</summary>
public sealed class FurtherPersonKeyTests() : HardwareToken(timeoutSeconds: 60)
{
    private static readonly byte[] Octets = [.. "signed attributes"u8];
    private static readonly byte[] Short = SHA256.HashData(Octets);

    [Theory]
    [InlineData("software", KeyAlgorithm.EcdsaP384, SignatureScheme.EcdsaSha384)]
    [InlineData("hsm", KeyAlgorithm.EcdsaP384, SignatureScheme.EcdsaSha384)]
    [InlineData("software", KeyAlgorithm.Rsa3072, SignatureScheme.RsaPssSha256)]
    [InlineData("hsm", KeyAlgorithm.Rsa3072, SignatureScheme.RsaPssSha256)]
    public void Signs_once_for_a_document_proves_possession_and_leaves_nothing(string place, KeyAlgorithm algorithm, SignatureScheme scheme)
    {
        using var key = Keys(place, algorithm).Create(Approval());
        Assert.Equal(algorithm, key.Algorithm);
        var of = key.For(EvidenceBuilder.DocumentSha256);
        // What is another kind's signs nothing, and spends nothing.
        Assert.Throws<ArgumentException>(() => of.SignData(SignatureScheme.Ed25519, Octets));
        Assert.Throws<ArgumentException>(() => of.SignHash(algorithm == KeyAlgorithm.Rsa3072 ? SignatureScheme.EcdsaSha256 : SignatureScheme.RsaPssSha256, Short));
        Assert.Throws<ArgumentException>(() => of.SignHash(scheme, Short.AsSpan(1)));
        Verified(key.SubjectPublicKeyInfo, scheme, of.SignData(scheme, Octets));
        Assert.Throws<KeyUnavailableException>(() => of.SignData(scheme, Octets));
        Proven(key.CertificationRequest, key.SubjectPublicKeyInfo, key.Approval.Structure.Approval);
        Assert.DoesNotContain("Object", Hsm.Objects(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("software")]
    [InlineData("hsm")]
    public void A_credentials_RSA_key_signs_the_approved_hashes_and_no_others(string place)
    {
        var (algorithm, scheme) = (KeyAlgorithm.Rsa3072, SignatureScheme.RsaPssSha256);
        using var key = Keys(place, algorithm).CreateForSession();
        Assert.Equal((algorithm, scheme), (key.Algorithm, key.Scheme));
        Assert.Throws<KeyUnavailableException>(() => key.SignHash(scheme, Short));
        key.Certified(SessionKeyTests.CertificateOf(key));
        key.Enable(SessionKeyTests.Approval(key.Credential!, Short, SHA256.HashData("another"u8)));
        Assert.Throws<KeyUnavailableException>(() => key.SignHash(scheme, SHA256.HashData("a third"u8)));
        Verified(key.SubjectPublicKeyInfo, scheme, key.SignHash(scheme, Short));
        Assert.Throws<KeyUnavailableException>(() => key.SignHash(scheme, Short));
        Assert.NotEmpty(key.SignHash(scheme, SHA256.HashData("another"u8)));
        Assert.DoesNotContain("Object", Hsm.Objects(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(KeyAlgorithm.Ed25519)]
    [InlineData(KeyAlgorithm.EcdsaP384)]
    public void Where_keys_sign_no_SHA_256_hash_that_of_a_credential_is_P_256(KeyAlgorithm algorithm) =>
        Assert.Equal(KeyAlgorithm.EcdsaP256, Keys("software", algorithm).CreateForSession().Algorithm);

    [Theory]
    [InlineData(KeyAlgorithm.EcdsaP384, 48)]
    [InlineData(KeyAlgorithm.Rsa3072, 32)]
    public void The_process_of_the_token_itself_signs_once_by_the_hash_of_the_kind(KeyAlgorithm algorithm, int length)
    {
        using var process = TokenProcess.Start(TokenSettings.Read(Hsm.TokenFile)).Process;
        (byte Kind, string Text) Ask(byte call, byte[] body) => Assert.NotNull(process.Ask(call, body)) is var answer ? (answer.Kind, TokenClient.Text(answer)) : default;
        var name = Assert.NotNull(process.Ask(TokenCall.MakePersonKey, [(byte)algorithm, 1, .. "a-1"u8])).Body[..16];
        var (right, wrong) = (new byte[length], new byte[length == 48 ? 31 : 48]);
        Assert.Equal(TokenAnswer.Unavailable, Ask(TokenCall.SignWithPersonKey, [.. name, .. right[..32]]).Kind);
        Assert.Equal(TokenAnswer.Unavailable, Ask(TokenCall.SignWithPersonKey, [.. name, 1, .. right]).Kind);
        if (wrong.Length == 48)
            Assert.Equal((TokenAnswer.Unavailable, "The person's key is not for this document, or has signed it."), Ask(TokenCall.SignWithPersonKey, [.. name, 0, .. wrong]));
        Assert.Equal(TokenAnswer.Done, Ask(TokenCall.SignWithPersonKey, [.. name, 0, .. right]).Kind);
        Assert.Equal((TokenAnswer.Unavailable, "The person's key has been used, destroyed or lost."), Ask(TokenCall.SignWithPersonKey, [.. name, 0, .. right]));
    }

    [Fact]
    public async Task More_RSA_keys_than_are_made_ahead_are_all_there_in_the_end_and_all_different()
    {
        var keys = Keys("hsm", KeyAlgorithm.Rsa3072);
        var made = await Task.WhenAll(Enumerable.Range(0, KeyReserve.Size + 2).Select(_ => Task.Run(() =>
        {
            using var key = keys.Create(Approval());
            Assert.NotEmpty(key.For(EvidenceBuilder.DocumentSha256).SignHash(SignatureScheme.RsaPssSha256, Short));
            return Convert.ToHexString(SHA256.HashData(key.SubjectPublicKeyInfo.Span));
        }, Cancellation)));
        Assert.Equal(KeyReserve.Size + 2, made.Distinct().Count());
        // A process that ended took its reserve with it; the next has its own.
        Send("KILL", OnlyProcess());
        await Until(keys.Answers);
        using var next = keys.Create(Approval());
        Assert.NotEmpty(next.For(EvidenceBuilder.DocumentSha256).SignHash(SignatureScheme.RsaPssSha256, Short));
    }

    [Fact]
    public void Whoever_asks_for_an_RSA_key_that_does_not_come_is_told_so_and_what_the_token_answered_is_told_once_and_tried_anew()
    {
        using var hold = new SemaphoreSlim(0);
        using var asked = new SemaphoreSlim(0);
        var reserve = new KeyReserve(() =>
        {
            asked.Release();
            hold.Wait(Cancellation);
            throw new Pkcs11Exception("C_OpenSession", CKR.CKR_SESSION_COUNT);
        }, TimeSpan.FromMilliseconds(20));
        for (var tries = 0; tries < 2; tries++)
        {
            Assert.Equal("More RSA keys of people are asked for than the token makes; come again.", Assert.Throws<TokenRefusedException>(reserve.Take).Message);
            Assert.True(asked.Wait(TimeSpan.FromMinutes(1), Cancellation));
            hold.Release();
            Exception refusal;
            do
                refusal = Assert.ThrowsAny<Exception>(reserve.Take);
            while (refusal is TokenRefusedException);
            Assert.Equal(CKR.CKR_SESSION_COUNT, Assert.IsType<Pkcs11Exception>(refusal).RV);
        }

        hold.Release(1000);
    }

    private void Verified(ReadOnlyMemory<byte> publicKey, SignatureScheme scheme, byte[] value)
    {
        File.WriteAllText(PathOf("pub"), PemEncoding.WriteString("PUBLIC KEY", publicKey.Span));
        File.WriteAllBytes(PathOf("sig"), value);
        File.WriteAllBytes(PathOf("octets"), Octets);
        string[] pss = scheme == SignatureScheme.RsaPssSha256 ? ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32", "-sigopt", "rsa_mgf1_md:sha256"] : [];
        string[] verify = ["dgst", scheme == SignatureScheme.EcdsaSha384 ? "-sha384" : "-sha256", .. pss, "-verify", PathOf("pub"), "-signature", PathOf("sig"), PathOf("octets")];
        Assert.Contains("Verified OK", Tool.Run("openssl", verify).Text, StringComparison.Ordinal);
        File.WriteAllBytes(PathOf("octets"), [.. Octets, 0]);
        Assert.Contains("Verification failure", Tool.Run("openssl", verify).Text, StringComparison.OrdinalIgnoreCase);
    }

    private void Proven(ReadOnlyMemory<byte> request, ReadOnlyMemory<byte> publicKey, string subject)
    {
        File.WriteAllBytes(PathOf("csr"), request.ToArray());
        var shown = Tool.Run("openssl", "req", "-inform", "DER", "-in", PathOf("csr"), "-verify", "-noout", "-subject", "-pubkey").Text;
        Assert.Contains("self-signature verify OK", shown, StringComparison.Ordinal);
        Assert.Contains("CN = " + subject, shown, StringComparison.Ordinal);
        Assert.Contains(PemEncoding.WriteString("PUBLIC KEY", publicKey.Span), shown, StringComparison.Ordinal);
    }

    private PersonKeys Keys(string place, KeyAlgorithm algorithm) =>
        (place == PersonKeys.Software ? KeyRing.Open(Folder, production: false) : Ring()).PersonKeys(place, algorithm);

    private static VerifiedApproval Approval()
    {
        using var evidence = new EvidenceBuilder();
        return Assert.IsType<ApprovalVerification.Verified>(ApprovalEvidenceTests.Verify(evidence)).Approval;
    }
}
