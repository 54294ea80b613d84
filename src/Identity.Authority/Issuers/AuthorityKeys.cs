using System.Security.Cryptography.X509Certificates;
using Identity.Authority.Storage;
using Identity.Keys;
using Identity.Pkix.Asn1;
using Identity.Pkix.X509;
using Microsoft.EntityFrameworkCore;

namespace Identity.Authority.Issuers;

/// <summary>An issuing authority with the responder that answers for it.</summary>
public sealed record Issuer(CertifiedKey Key, CertifiedKey Responder, Certifies Certifies);

/// <summary>The keys of this service, each for its one purpose, checked at start: a wrong certificate is found then and not by the people who rely on it.</summary>
public sealed class AuthorityKeys : IDisposable
{
    private readonly KeyRing ring;

    public AuthorityKeys(AuthoritySettings settings)
    {
        ring = KeyRing.Open(settings.Keys, settings.Production);
        Issuers = [.. settings.Issuers.Select(i => new Issuer(
            CertifiedKey.Load(ring, i.Name, KeyPurpose.CertificateAuthority), CertifiedKey.Load(ring, i.Responder, KeyPurpose.OcspResponder), i.Certifies))];
        Timestamps = CertifiedKey.Load(ring, "tsa", KeyPurpose.Timestamping);
        Root = CertifiedKey.LoadCertificate(ring, AuthoritySettings.RootAuthority);
        Check();
        Lists = settings.RevocationLists.ToDictionary(name => name, name => ListSource(name, settings.Keys));
    }

    public IReadOnlyList<Issuer> Issuers { get; }

    /// <summary>The hardware tokens, where there are such, answer.</summary>
    public bool Answer => ring.TokensAnswer();

    /// <summary>The authority that certifies people.</summary>
    public CertifiedKey Issuing => Issuers.First(i => i.Certifies == Certifies.People).Key;

    /// <summary>The authority that certifies organisations, when there is one.</summary>
    public CertifiedKey? Sealing => Issuers.FirstOrDefault(i => i.Certifies == Certifies.Seals)?.Key;

    public CertifiedKey Timestamps { get; }

    public Certificate Root { get; }

    /// <summary>For each issuer whose revocation list is published: its key, or null when the list comes from a file.</summary>
    public IReadOnlyDictionary<string, CertifiedKey?> Lists { get; }

    /// <summary>The issuer's certificate by the name under which it is published, or null.</summary>
    public Certificate? IssuerCertificate(string name) => name == AuthoritySettings.RootAuthority ? Root : Key(name)?.Certificate;

    /// <summary>The certificates above this one, root last; the root alone when nobody here has issued it.</summary>
    public IReadOnlyList<Certificate> Above(Certificate certificate) =>
        Issuers.FirstOrDefault(i => i.Key.Certificate.Subject.SameAs(certificate.Issuer)) is { } issuer ? [issuer.Key.Certificate, Root] : [Root];

    /// <summary>The issuing authority of this name, or null.</summary>
    public CertifiedKey? Key(string name) => Issuers.FirstOrDefault(i => i.Key.Name == name)?.Key;

    public void Dispose() => ring.Dispose();

    /// <summary>Enters the service's own certificates, so that their status is known and they can be revoked.</summary>
    public async Task Register(IDbContextFactory<AuthorityDatabase> databases, TimeProvider time, CancellationToken cancellation)
    {
        foreach (var own in Issuers.SelectMany(i => new[] { i.Key.Certificate, i.Responder.Certificate }).Append(Timestamps.Certificate))
        {
            var record = new CertificateRecord
            {
                Issuer = Issuers.FirstOrDefault(i => i.Key.Certificate.Subject.SameAs(own.Issuer))?.Key.Name ?? AuthoritySettings.RootAuthority,
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
        foreach (var (key, responder, _) in Issuers)
        {
            Require(key.Certificate.Facts.BasicConstraints is { IsAuthority: true } && key.Certificate.Facts.KeyUsage?.HasFlag(X509KeyUsageFlags.KeyCertSign) == true,
                key.Name, "is not the certificate of an authority");
            Require(key.Certificate.VerifySignature(Root.PublicKey) == Pkix.Signatures.SignatureCheck.Valid, key.Name, "is not issued by the root");
            // RFC 6960 4.2.2.2: a delegated responder is certified by the authority that it answers for, for that purpose.
            Require(responder.Certificate.VerifySignature(key.Certificate.PublicKey) == Pkix.Signatures.SignatureCheck.Valid, responder.Name, "is not issued by the issuing authority");
            Require(responder.Certificate.Facts.ExtendedKeyUsage?.Contains(Oids.UsageOcspSigning) == true, responder.Name, "is not for signing OCSP answers");
        }
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
        if (IssuerCertificate(name) is null) throw new AuthoritySettingsException(nameof(AuthoritySettings.RevocationLists), $"names '{name}', which is no issuer here.");
        if (Key(name) is { } issuing) return issuing;
        return File.Exists(Path.Combine(folder, name + ".crl")) ? null : CertifiedKey.Load(ring, name, KeyPurpose.CertificateAuthority);
    }
}
