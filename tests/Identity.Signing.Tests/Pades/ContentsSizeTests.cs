using System.Security.Cryptography;
using Identity.Pkix.Asn1;
using Identity.Pkix.Cms;
using Identity.Pkix.X509;
using Identity.Signing.Pades;
using Identity.Signing.Tests.Seals;
using Identity.TestKit.Pki;

namespace Identity.Signing.Tests.Pades;

/// <summary>Room for the CMS is measured on one like it: enough for every kind of key and chain, and what a time-stamping service changes is learnt from.</summary>
public sealed class ContentsSizeTests(SealSystem system) : IClassFixture<SealSystem>
{
    [Theory]
    [InlineData(OpensslKey.P256, 0)]
    [InlineData(OpensslKey.P384, 1)]
    [InlineData(OpensslKey.Rsa3072, 6)]
    [InlineData(OpensslKey.Ed25519, 3)]
    public void A_token_of_the_expected_size_fits_to_the_last_byte(OpensslKey key, int longerChain)
    {
        var name = "sized-" + key.ToString().ToLowerInvariant();
        system.Pki.CertifySeal(name, key);
        var leaf = Certificate.Parse(system.Pki.Certificate(name));
        Certificate[] chain = [Certificate.Parse(system.Pki.Certificate("issuing-ca")), Certificate.Parse(system.Pki.Certificate("root-ca")),
            .. Enumerable.Range(0, longerChain).Select(number => Big(name + number, 1000))];
        var scheme = SigningScheme.For(leaf)!;
        foreach (var tokenBytes in new[] { 100, 8192, 20_000, 65_000 })
        {
            var content = new PadesContent(default, leaf, chain) { CommitmentType = CommitmentTypes.ProofOfApproval };
            var room = ContentsSize.For(scheme, content, tokenBytes);
            var digest = new byte[Digests.Length(PadesSignature.DocumentDigestAlgorithm(scheme.Algorithm))];
            RandomNumberGenerator.Fill(digest);
            var cms = PadesSignature.Build(content with { DocumentDigest = digest }, scheme.Algorithm).Complete(RandomNumberGenerator.GetBytes(scheme.LongestSignature));
            // A value of tokenBytes in all, which is what the client expects; the measured one has its header beside that.
            var length = PadesSignature.WithSignatureTimestamp(cms, Element(tokenBytes)).Length;
            Assert.InRange(length, room - 512 - 8, room);
        }
    }

    [Fact]
    public async Task A_service_whose_tokens_suddenly_grow_is_learnt_from_and_the_document_is_sealed_all_the_same()
    {
        await using var service = await Grown("growing-for-seals");
        var file = await SealSystem.Sealed(service, Pdfs.Page("Grown"));
        Assert.Equal(("TOTAL-PASSED", "PAdES-BASELINE-LTA"), ((await service.Verify(file)).Conclusion, (await service.Verify(file)).Signatures[0].Level));
        // Once it is known, one of each is asked for.
        system.Plain.Authority.Reset();
        system.Plain.Authority.MoreCertificates = system.Pki.CertificatePath("more");
        await SealSystem.Sealed(service, Pdfs.Page("Known"));
        Assert.Equal(2, system.Plain.Authority.TimestampRequests);
    }

    [Fact]
    public async Task A_persons_signature_that_its_time_stamp_outgrew_fails_visibly_and_the_next_approval_has_room()
    {
        await using var service = await Grown("growing-for-people");
        var id = await service.CreateRequest(Pdfs.Page("Outgrown"));
        await SigningSystem.Approve(service.NewBrowser(), id);
        var ended = await service.Ended(id);
        Assert.Equal(("failed", "signature_too_large"), (ended["status"]!.GetValue<string>(), ended["reason"]!.GetValue<string>()));
        Assert.Equal("TOTAL-PASSED", (await service.Verify(await service.Sign(Pdfs.Page("With room")))).Conclusion);
    }

    private async Task<SigningSystem> Grown(string folder)
    {
        system.Plain.Reset();
        if (!File.Exists(system.Pki.CertificatePath("more")))
            Big("more", 9000);
        system.Plain.Authority.MoreCertificates = system.Pki.CertificatePath("more");
        return await system.Plain.StartAnotherOn(system.Pki.PathOf(folder), SealSystem.Settings());
    }

    private Certificate Big(string name, int characters)
    {
        system.Pki.Certify(name, OpensslKey.P256, "/C=XX/CN=" + name, $"basicConstraints=critical,CA:FALSE\nnsComment={new string('x', characters)}\n", "issuing-ca", "PersonSignature");
        return Certificate.Parse(system.Pki.Certificate(name));
    }

    private static byte[] Element(int bytes)
    {
        var content = bytes < 130 ? bytes - 2 : bytes < 260 ? bytes - 3 : bytes - 4;
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        writer.WriteOctetString(new byte[content]);
        return writer.Encode();
    }
}
