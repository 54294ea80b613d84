using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Identity.Provider.MutualTls;

/// <summary>Certificates of authorities, servers and clients, made by the framework.</summary>
public sealed class TestCertificates : IDisposable
{
    private readonly List<X509Certificate2> made = [];

    public TestCertificates()
    {
        Root = Authority("Test Root", null);
        Intermediate = Authority("Test Issuing", Root);
        ForeignRoot = Authority("Foreign Root", null);
    }

    public X509Certificate2 Root { get; }

    public X509Certificate2 Intermediate { get; }

    public X509Certificate2 ForeignRoot { get; }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    /// <param name="subject">As .NET writes names, which is the order of RFC 4514.</param>
    /// <param name="issuer">null: self-signed</param>
    /// <param name="dnsName">of the subject alternative name</param>
    /// <param name="usage">extended key usage; null: client authentication</param>
    /// <param name="from">days from now</param>
    /// <param name="to">days from now</param>
    /// <param name="key">null: a new one</param>
    public X509Certificate2 Client(
        string subject, X509Certificate2? issuer, string? dnsName = null, string usage = "1.3.6.1.5.5.7.3.2", double from = -1, double to = 1, ECDsa? key = null)
    {
        key ??= ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        if (dnsName is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(dnsName);
            request.CertificateExtensions.Add(names.Build());
        }

        if (issuer is null)
            return Keep(request.CreateSelfSigned(Now.AddDays(from), Now.AddDays(to)));
        using var certificate = request.Create(issuer, Now.AddDays(from), Now.AddDays(to), RandomNumberGenerator.GetBytes(8));
        return Keep(certificate.CopyWithPrivateKey(key));
    }

    public void Dispose()
    {
        foreach (var certificate in made)
            certificate.Dispose();
    }

    private X509Certificate2 Authority(string name, X509Certificate2? issuer)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        if (issuer is null)
            return Keep(request.CreateSelfSigned(Now.AddDays(-10), Now.AddDays(10)));
        using var certificate = request.Create(issuer, Now.AddDays(-9), Now.AddDays(9), RandomNumberGenerator.GetBytes(8));
        return Keep(certificate.CopyWithPrivateKey(key));
    }

    private X509Certificate2 Keep(X509Certificate2 certificate)
    {
        made.Add(certificate);
        return certificate;
    }
}
