using System.Security.Cryptography.X509Certificates;
using Identity.Authority.Storage;
using Identity.Keys;
using Identity.Pkix.Asn1;
using Identity.Pkix.X509;
using Microsoft.EntityFrameworkCore;

namespace Identity.Authority.Issuers;

/// <summary>The keys of this service, each for its one purpose, checked at start: a wrong certificate is found then and not by the people who rely on it.</summary>
public sealed class AuthorityKeys
{
    private readonly KeyRing ring;

    public AuthorityKeys(AuthoritySettings settings)
    {
        ring = KeyRing.Open(settings.Keys, settings.Production);
        Issuing = CertifiedKey.Load(ring, AuthoritySettings.IssuingAuthority, KeyPurpose.CertificateAuthority);
        Ocsp = CertifiedKey.Load(ring, "ocsp", KeyPurpose.OcspResponder);
        Timestamps = CertifiedKey.Load(ring, "tsa", KeyPurpose.Timestamping);
        Root = CertifiedKey.LoadCertificate(ring, AuthoritySettings.RootAuthority);
        Check();
        Lists = settings.RevocationLists.ToDictionary(name => name, name => ListSource(name, settings.Keys));
    }

    public CertifiedKey Issuing { get; }

    public CertifiedKey Ocsp { get; }

    public CertifiedKey Timestamps { get; }

    public Certificate Root { get; }

    /// <summary>For each issuer whose revocation list is published: its key, or null when the list comes from a file.</summary>
    public IReadOnlyDictionary<string, CertifiedKey?> Lists { get; }

    /// <summary>The issuer's certificate by the name under which it is published, or null.</summary>
    public Certificate? Issuer(string name) => name switch
    {
        AuthoritySettings.IssuingAuthority => Issuing.Certificate,
        AuthoritySettings.RootAuthority => Root,
        _ => null,
    };

    /// <summary>Enters the service's own certificates, so that their status is known and they can be revoked.</summary>
    public async Task Register(IDbContextFactory<AuthorityDatabase> databases, TimeProvider time, CancellationToken cancellation)
    {
        foreach (var own in new[] { Issuing.Certificate, Ocsp.Certificate, Timestamps.Certificate })
        {
            var record = new CertificateRecord
            {
                Issuer = own.Issuer.SameAs(Root.Subject) ? AuthoritySettings.RootAuthority : AuthoritySettings.IssuingAuthority,
                Serial = own.SerialHex,
                State = CertificateState.Issued,
                Intended = own.ToBeSigned.ToArray(),
                Der = own.Raw.ToArray(),
                NotAfter = own.NotAfter,
                CreatedAt = time.GetUtcNow(),
            };
            await using var database = await databases.CreateDbContextAsync(cancellation);
            if (await database.Certificates.AnyAsync(c => c.Issuer == record.Issuer && c.Serial == record.Serial, cancellation)) continue;
            database.Add(record);
            try
            {
                await database.SaveChangesAsync(cancellation);
            }
            catch (DbUpdateException problem) when (AuthorityDatabase.IsAlreadyThere(problem))
            {
                // Another copy started at the same time and entered it.
            }
        }
    }

    private void Check()
    {
        Require(Issuing.Certificate.Facts.BasicConstraints is { IsAuthority: true } && Issuing.Certificate.Facts.KeyUsage?.HasFlag(X509KeyUsageFlags.KeyCertSign) == true,
            AuthoritySettings.IssuingAuthority, "is not the certificate of an authority");
        Require(Issuing.Certificate.VerifySignature(Root.PublicKey) == Pkix.Signatures.SignatureCheck.Valid, AuthoritySettings.IssuingAuthority, "is not issued by the root");
        // RFC 6960 4.2.2.2: a delegated responder is certified by the authority that it answers for, for that purpose.
        Require(Ocsp.Certificate.VerifySignature(Issuing.Certificate.PublicKey) == Pkix.Signatures.SignatureCheck.Valid, Ocsp.Name, "is not issued by the issuing authority");
        Require(Ocsp.Certificate.Facts.ExtendedKeyUsage?.Contains(Oids.UsageOcspSigning) == true, Ocsp.Name, "is not for signing OCSP answers");
        // RFC 3161 2.3: this purpose only, and critical.
        Require(Timestamps.Certificate.Facts.ExtendedKeyUsage is [Oids.UsageTimeStamping]
            && Timestamps.Certificate.Extensions.Any(e => e is { Oid: Oids.ExtendedKeyUsage, Critical: true }), Timestamps.Name, "is not for time-stamping alone");
    }

    private static void Require(bool holds, string name, string problem)
    {
        if (!holds) throw new KeyRingException($"The certificate '{name}' {problem}.");
    }

    private CertifiedKey? ListSource(string name, string folder)
    {
        if (Issuer(name) is null) throw new AuthoritySettingsException(nameof(AuthoritySettings.RevocationLists), $"names '{name}', which is no issuer here.");
        if (name == Issuing.Name) return Issuing;
        return File.Exists(Path.Combine(folder, name + ".crl")) ? null : CertifiedKey.Load(ring, name, KeyPurpose.CertificateAuthority);
    }
}
