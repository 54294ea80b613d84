using System.Security.Cryptography;
using Identity.Authority.CommandLine;
using Identity.Keys;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.DevHost;

/// <summary>The land registry's electronic seal: its operator asks the running Authority for a certificate, as any operator does (specs/operations.md).</summary>
internal static class DevSeal
{
    public const string Name = "seal-land-registry";
    private static readonly TimeSpan Enough = TimeSpan.FromDays(30);

    /// <summary>Makes key and certificate when they are not there or end soon.</summary>
    /// <param name="authority">Settings of the Authority, which runs.</param>
    /// <exception cref="CannotStartException">it was not certified</exception>
    public static async Task Certify(DevPlace at, IEnumerable<(string Setting, string Value)> authority, TimeProvider time)
    {
        if (End(at) > time.GetUtcNow() + Enough)
            return;
        // The Authority certifies a key once.
        Forget(at);
        var key = KeyRing.CreateDevelopmentKey(at.Keys, Name, KeyPurpose.Seal, KeyAlgorithm.EcdsaP256);
        var request = Path.Combine(at.Keys, Name + ".csr.pem");
        var subject = DistinguishedName.Of(new AttributeTypeAndValue(Oids.CommonName, "Land Registry"));
        var asked = CertificationRequestBuilder.Build(subject, SubjectPublicKey.Parse(key.SubjectPublicKeyInfo), SignatureAlgorithm.EcdsaSha256);
        await File.WriteAllTextAsync(request, PemEncoding.WriteString("CERTIFICATE REQUEST", asked.Complete(key.SignHash(SignatureScheme.EcdsaSha256, asked.Hash()))) + "\n");

        using var output = new StringWriter();
        using var error = new StringWriter();
        string[] command =
        [
            "seal", "--request", request, "--country", "XX", "--organization", "Land Registry", "--identifier", "NTRXX-70000001", "--common-name", "Land Registry",
            "--out", Certificate(at), "--environment=Development", .. authority.Select(setting => $"--{setting.Setting}={setting.Value}"),
        ];
        if (await CertifyCommand.Run(command, time, output, error) != 0)
            throw new CannotStartException($"The land registry's seal was not certified: {error.ToString().Trim()}");
        File.Delete(request);
    }

    /// <summary>For a hierarchy that is made anew.</summary>
    public static void Forget(DevPlace at)
    {
        File.Delete(Certificate(at));
        File.Delete(Path.Combine(at.Keys, Name + ".key.pem"));
    }

    private static DateTimeOffset End(DevPlace at)
    {
        if (!File.Exists(Certificate(at)))
            return DateTimeOffset.MinValue;
        using var certificate = KeyRing.Open(at.Keys, production: false).Certificate(Name);
        return certificate.NotAfter;
    }

    private static string Certificate(DevPlace at) => Path.Combine(at.Keys, Name + ".cer.pem");
}
