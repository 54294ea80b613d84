using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Identity.Provider.MutualTls;

/// <summary>Where clients come with certificates, and who may have issued those.</summary>
/// <param name="Address">RFC 8705 5: base of the endpoints' aliases. Apart from the issuer's address, since browsers ask people for a certificate where one is asked for.</param>
/// <param name="Authorities">For <c>tls_client_auth</c>: roots (self-issued) and intermediates. Empty: nobody can authenticate so.</param>
public sealed record MutualTlsSettings(Uri Address, IReadOnlyList<X509Certificate2> Authorities)
{
    /// <summary>Null: no mutual TLS here.</summary>
    /// <exception cref="ProviderSettingsException">names the setting</exception>
    internal static MutualTlsSettings? Check(string? address, string? authorities, Uri issuer)
    {
        if (address is null)
        {
            return authorities is null
                ? null
                : throw new ProviderSettingsException(nameof(ProviderOptions.ClientCertificateAuthorities), "is for mutual TLS; MutualTls must name its address.");
        }

        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttps || uri.AbsoluteUri != address || uri.PathAndQuery != "/" || uri.UserInfo.Length > 0)
            throw new ProviderSettingsException(nameof(ProviderOptions.MutualTls), "not an address of the form https://host/ in its normal spelling.");
        if (uri == issuer)
            throw new ProviderSettingsException(nameof(ProviderOptions.MutualTls), "must be another address than the issuer: browsers would ask people for a certificate.");
        return new MutualTlsSettings(uri, authorities is null ? [] : Read(authorities));
    }

    private static X509Certificate2[] Read(string directory)
    {
        try
        {
            var read = new X509Certificate2Collection();
            foreach (var file in Directory.EnumerateFiles(directory, "*.pem").Order(StringComparer.Ordinal))
                read.ImportFromPemFile(file);
            return read.Count > 0 ? [.. read] : throw new ProviderSettingsException(nameof(ProviderOptions.ClientCertificateAuthorities), $"{directory} holds no certificate in a file *.pem.");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ProviderSettingsException(nameof(ProviderOptions.ClientCertificateAuthorities), $"{directory} cannot be read: {problem.Message}");
        }
    }
}
