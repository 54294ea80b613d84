using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Identity.Provider.MutualTls;

/// <summary>
/// TLS of this process's own listeners. Which of them asks for a certificate is told by Kestrel's settings
/// (<c>Kestrel:Endpoints:&lt;name&gt;:ClientCertificateMode=AllowCertificate</c>). TLS takes any certificate and proves that the client has its key;
/// whose it is is asked by <see cref="ClientCertificates"/>, with an answer in the terms of OAuth. A header from a proxy is not believed.
/// </summary>
internal static class MutualTlsListener
{
    public static void Configure(WebApplicationBuilder builder) => builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(https =>
    {
        // FAPI 2.0 5.2.2 (BCP 195).
        https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
        https.ClientCertificateValidation = static (_, _, _) => true;
        // The framework builds a chain before it asks the line above: it must not go and fetch what a stranger's certificate points to.
        https.OnAuthenticate = static (_, tls) => tls.CertificateChainPolicy = new X509ChainPolicy
        {
            DisableCertificateDownloads = true,
            RevocationMode = X509RevocationMode.NoCheck,
            TrustMode = X509ChainTrustMode.CustomRootTrust,
        };
    }));
}
