using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Provider.Clients;
using Microsoft.AspNetCore;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Server;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.MutualTls;

/// <summary>Client authentication by certificate (RFC 8705 2). That the client holds the key was proven by TLS.</summary>
internal sealed class ClientCertificates(ProviderSettings settings, ClientKeySets keySets, TimeProvider time)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>Of the connection that the request came by. Null: it showed none.</summary>
    public static async Task<X509Certificate2?> Of(HttpContext http) => await http.Connection.GetClientCertificateAsync(http.RequestAborted);

    /// <summary>Tells the engine of it, which asks a client that wants a token of its own whether it has any credential. Takes the place of its own
    /// reading: that one goes by the scheme of the public address, which may be another than the listener's.</summary>
    internal sealed class Extract<TContext>(ProviderSettings settings) : IOpenIddictServerHandler<TContext>
        where TContext : BaseValidatingContext
    {
        public async ValueTask HandleAsync(TContext context)
        {
            if (settings.MutualTls is not null)
                context.Transaction.RemoteCertificate = await Of(context.Transaction.GetHttpRequest()!.HttpContext);
        }
    }

    /// <summary>RFC 8705 3.1: SHA-256 of the certificate, base64url.</summary>
    public static string Thumbprint(X509Certificate2 certificate) => Base64Url.EncodeToString(SHA256.HashData(certificate.RawData));

    /// <summary>Why the certificate does not authenticate the client, or null.</summary>
    public async Task<string?> Check(HttpContext http, string clientId, ClientMetadata client)
    {
        if (settings.MutualTls is null || await Of(http) is not { } certificate)
            return "no certificate was shown";
        var now = time.GetUtcNow().UtcDateTime;
        if (now < certificate.NotBefore.ToUniversalTime() || now > certificate.NotAfter.ToUniversalTime())
            return "the certificate is not valid now";
        if (client.TokenEndpointAuthMethod == "self_signed_tls_client_auth")
            return await IsRegistered(certificate, clientId, http.RequestAborted) ? null : "the certificate is none of the registered ones";
        if (!IsIssued(certificate, now))
            return "the certificate was not issued by an authority of the settings for client authentication";
        // RFC 8705 2.1.2.
        return client.TlsClientAuthSubjectDn is { } subject ? SubjectName.Is(certificate.SubjectName, subject) ? null : "the subject is another" :
            client.TlsClientAuthSanDns is { } name && Names(certificate).Contains(name, StringComparer.OrdinalIgnoreCase) ? null : "the DNS name is another";
    }

    // RFC 8705 2.1: a chain to an authority that the operator chose, for this use. Nothing that the certificate points to is fetched: its revocation is
    // told to the operator of this Provider, who changes the registration.
    private bool IsIssued(X509Certificate2 certificate, DateTime now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        foreach (var authority in settings.MutualTls!.Authorities)
        {
            if (authority.SubjectName.RawData.AsSpan().SequenceEqual(authority.IssuerName.RawData))
                chain.ChainPolicy.CustomTrustStore.Add(authority);
            else
                chain.ChainPolicy.ExtraStore.Add(authority);
        }

        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = now;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        return chain.Build(certificate);
    }

    // RFC 8705 2.2: the certificate itself where the registered key carries it (x5c), otherwise its key.
    private async Task<bool> IsRegistered(X509Certificate2 certificate, string clientId, CancellationToken cancellation)
    {
        var keys = await keySets.For(clientId, keyId: null, cancellation);
        return keys.Any(key => key.Use is null or "" or JsonWebKeyUseNames.Sig
            && (key.X5c.Count > 0 ? key.X5c[0] == Convert.ToBase64String(certificate.RawData) : IsKeyOf(certificate, key)));
    }

    private static bool IsKeyOf(X509Certificate2 certificate, JsonWebKey key)
    {
        using var ec = certificate.GetECDsaPublicKey();
        if (ec is not null && key.Kty == "EC" && ec.KeySize == 256)
        {
            var point = ec.ExportParameters(false).Q;
            return Same(point.X, key.X) && Same(point.Y, key.Y);
        }

        using var rsa = certificate.GetRSAPublicKey();
        return rsa is not null && key.Kty == "RSA" && rsa.ExportParameters(false) is var parameters && Same(parameters.Modulus, key.N) && Same(parameters.Exponent, key.E);
    }

    private static bool Same(byte[]? bytes, string text) => bytes is not null && Base64Url.EncodeToString(bytes) == text;

    private static IEnumerable<string> Names(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(extension => extension.EnumerateDnsNames());
}
