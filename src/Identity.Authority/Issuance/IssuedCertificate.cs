using Identity.Authority.Issuers;
using Identity.Authority.Storage;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Microsoft.EntityFrameworkCore;

namespace Identity.Authority.Issuance;

/// <summary>A signed certificate that is stored: only such a one is handed out.</summary>
public sealed class IssuedCertificate
{
    private IssuedCertificate(Certificate certificate) => Certificate = certificate;

    public Certificate Certificate { get; }

    /// <summary>Signs what was linted and stores it. Throws when either does not succeed; the record then stays Intended.</summary>
    public static async Task<IssuedCertificate> SignAndStore(LintedCertificate linted, CertifiedKey issuer, IDbContextFactory<AuthorityDatabase> databases,
        CancellationToken cancellation)
    {
        var intended = linted.Intended;
        var certificate = Certificate.Parse(issuer.Sign(intended.ToBeSigned));
        // A fault in key or hardware shows here and not at the person's notary.
        if (certificate.VerifySignature(issuer.Certificate.PublicKey) != SignatureCheck.Valid || !certificate.ToBeSigned.Span.SequenceEqual(intended.ToBeSigned.Bytes.Span))
            throw new InvalidOperationException($"The signature of certificate {intended.Serial} does not verify.");

        await using var database = await databases.CreateDbContextAsync(cancellation);
        var stored = await database.Certificates
            .Where(c => c.Issuer == issuer.Name && c.Serial == intended.Serial && c.State == CertificateState.Intended)
            .ExecuteUpdateAsync(c => c.SetProperty(r => r.State, CertificateState.Issued).SetProperty(r => r.Der, certificate.Raw.ToArray()), cancellation);
        return stored == 1 ? new IssuedCertificate(certificate) : throw new InvalidOperationException($"The record of certificate {intended.Serial} has gone.");
    }
}
