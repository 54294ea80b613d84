using Identity.Keys;
using Identity.TestKit.Pki;

namespace Identity.Signing.Tests.Seals;

/// <summary>A seal that could not be used, or that would not be one, is found at the start.</summary>
public sealed class SealSettingsTests(SealSystem system) : IClassFixture<SealSystem>
{
    private const string Extensions = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,nonRepudiation\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n";

    [Theory]
    [InlineData("another purpose", "Key 'wrong' is kept for PersonSignature and was asked for Seal.")]
    [InlineData("no key", "Key 'wrong' cannot be read from ")]
    [InlineData("no certificate", "The certificate 'wrong' cannot be read from ")]
    [InlineData("another key's certificate", "The certificate of seal 'wrong' is not of this key.")]
    [InlineData("a person", "The certificate of seal 'wrong' does not name an organisation with its identifier.")]
    [InlineData("no identifier", "The certificate of seal 'wrong' does not name an organisation with its identifier.")]
    [InlineData("RSA-2048", "The certificate of seal 'wrong' has a key that signs no documents here.")]
    [InlineData("self-signed", "The certificate of seal 'wrong' does not lead to a root of TrustDirectory: it has ended, or its issuers are not behind it in its file.")]
    [InlineData("ended", "The certificate of seal 'wrong' does not lead to a root of TrustDirectory: it has ended, or its issuers are not behind it in its file.")]
    [InlineData("without its issuer", "The certificate of seal 'wrong' does not lead to a root of TrustDirectory: it has ended, or its issuers are not behind it in its file.")]
    [InlineData("too long a chain", "The certificate 'wrong': ")]
    [InlineData("a private key in the chain", "The certificate 'wrong': ")]
    public async Task A_seal_that_could_not_be_used_is_found_at_the_start(string what, string refusal)
    {
        var pki = system.Pki;
        foreach (var file in Directory.EnumerateFiles(pki.Folder, "wrong.*"))
            File.Delete(file);
        const string Subject = "/C=XX/O=Land Registry/organizationIdentifier=NTRXX-70000001/CN=Seal";
        if (what == "self-signed")
            pki.Certify("wrong", OpensslKey.P256, Subject, Extensions, null, "Seal");
        else if (what == "ended")
            pki.Certify("wrong", OpensslKey.P256, Subject, Extensions, "issuing-ca", "Seal", days: 0);
        else if (what is not "no key")
            pki.CertifySeal("wrong", what == "RSA-2048" ? OpensslKey.Rsa2048 : OpensslKey.P256, what switch
            {
                "a person" => "/C=XX/O=Land Registry/organizationIdentifier=NTRXX-70000001/GN=Liis/SN=Tamm/CN=Liis Tamm",
                "no identifier" => "/C=XX/O=Land Registry/CN=Seal",
                _ => Subject,
            });
        var certificate = pki.CertificatePath("wrong");
        if (what == "another purpose")
            File.WriteAllText(pki.KeyPath("wrong"), File.ReadAllText(pki.KeyPath("wrong")).Replace("Purpose: Seal", "Purpose: PersonSignature", StringComparison.Ordinal));
        if (what == "no certificate")
            File.Delete(certificate);
        if (what == "another key's certificate")
            File.Copy(pki.CertificatePath(SealSystem.Seal), certificate, overwrite: true);
        if (what == "without its issuer")
            File.WriteAllText(certificate, File.ReadAllText(certificate).Split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n");
        if (what == "too long a chain")
            File.AppendAllText(certificate, string.Concat(Enumerable.Repeat(File.ReadAllText(pki.CertificatePath("issuing-ca")), KeyRing.MostInChain - 1)));
        if (what == "a private key in the chain")
            File.AppendAllText(certificate, File.ReadAllText(pki.KeyPath("tsa")));
        var thrown = await Assert.ThrowsAsync<KeyRingException>(() => system.Plain.StartAnotherOn(pki.PathOf("wrong-" + Guid()), SealSystem.Settings("wrong")));
        Assert.StartsWith(refusal, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chain_at_its_cap_is_read()
    {
        system.Pki.CertifySeal("long-seal", OpensslKey.P256);
        File.AppendAllText(system.Pki.CertificatePath("long-seal"), string.Concat(Enumerable.Repeat(File.ReadAllText(system.Pki.CertificatePath("issuing-ca")), KeyRing.MostInChain - 2)));
        await using var service = await system.Plain.StartAnotherOn(system.Pki.PathOf("long"), SealSystem.Settings("long-seal"));
        Assert.Equal("TOTAL-PASSED", (await service.Verify(await SealSystem.Sealed(service, Pdfs.Page(), null))).Conclusion);
    }

    [Theory]
    [InlineData("Signing:Seals:0:Name must name a key of the key folder: 1 to 64 characters of a-z, 0-9 and '-'.", "--Signing:Seals:0:Name=../tsa", "--Signing:Seals:0:Agencies:0=land-registry")]
    [InlineData("Signing:Seals:0:Name must name a key of the key folder: 1 to 64 characters of a-z, 0-9 and '-'.", "--Signing:Seals:0:Agencies:0=land-registry")]
    [InlineData("Signing:Seals:0:Agencies must name agencies of the setting Agencies by their ClientId, at least one.", "--Signing:Seals:0:Name=registry-seal")]
    [InlineData("Signing:Seals:0:Agencies must name agencies of the setting Agencies by their ClientId, at least one.", "--Signing:Seals:0:Name=registry-seal", "--Signing:Seals:0:Agencies:0=nobody")]
    [InlineData("Signing:Seals:1:Name is listed twice.", "--Signing:Seals:0:Name=registry-seal", "--Signing:Seals:0:Agencies:0=land-registry",
        "--Signing:Seals:1:Name=registry-seal", "--Signing:Seals:1:Agencies:0=tax-portal")]
    public void A_wrong_setting_is_refused_by_name(string refusal, params string[] settings) =>
        Assert.Equal(refusal, Assert.Throws<SettingRefusedException>(() => SigningApp.Build([.. system.Plain.Arguments("http://localhost:5200/"), .. settings])).Message);

    private static string Guid() => Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(4));
}
