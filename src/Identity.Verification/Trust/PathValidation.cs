using System.Collections.Frozen;
using System.Security.Cryptography.X509Certificates;
using Identity.Pkix.Asn1;
using Identity.Pkix.X509;
using Identity.Verification.Engine;

namespace Identity.Verification.Trust;

/// <summary>What a leaf certificate must be good for.</summary>
public enum CertificatePurpose
{
    /// <summary>Signing documents.</summary>
    Signature,

    /// <summary>Time-stamping (RFC 3161 2.3).</summary>
    Timestamping,
}

/// <summary>
/// Validates a path as RFC 5280 6.1 does, but for times and revocation: those are judged by <see cref="Engine.Blocks.CertificateValidation"/>,
/// because proofs of existence can settle them. Policies are not processed; a path that demands an explicit policy is refused.
/// </summary>
public static class PathValidation
{
    // Extensions whose content is examined here or by the blocks; any other critical one refuses the certificate (RFC 5280 4.2).
    private static readonly HashSet<string> Examined = new(StringComparer.Ordinal)
    {
        Oids.BasicConstraints, Oids.KeyUsage, Oids.ExtendedKeyUsage, Oids.SubjectAltName, Oids.CertificatePolicies, Oids.PolicyMappings,
        Oids.PolicyConstraints, Oids.InhibitAnyPolicy, Oids.NameConstraints, Oids.CrlDistributionPoints, Oids.AuthorityKeyIdentifier,
        Oids.SubjectKeyIdentifier, Oids.QualifiedStatements, Oids.ValidityAssuredShortTerm, Oids.NoRevocationAvailable, Oids.PrivateKeyUsagePeriod,
    };

    /// <summary>Null when the path holds; otherwise what it breaks.</summary>
    public static ValidationMessage? Refuse(CertificatePath path, CertificatePurpose purpose)
    {
        // RFC 5280 6.1.1: the anchor is trusted as it is; its own extensions constrain nothing unless the operator says so.
        for (var i = 0; i < path.Certificates.Count - 1; i++)
        {
            var certificate = path.Certificates[i];
            if (RefuseExtensions(certificate) is { } refusal)
                return refusal;
            if (i > 0 && RefuseAuthority(path, i) is { } notAnAuthority)
                return notAnAuthority;
        }
        return purpose switch
        {
            CertificatePurpose.Signature => RefuseSigner(path.Leaf),
            CertificatePurpose.Timestamping => RefuseTimestamper(path.Leaf),
            _ => throw new InvalidOperationException($"no rule for {purpose}"),
        };
    }

    private static ValidationMessage? RefuseExtensions(Certificate certificate)
    {
        var name = Name(certificate);
        // RFC 5280 6.1.4 (o), 6.1.5 (f).
        if (certificate.Extensions.FirstOrDefault(extension => extension.Critical && !Examined.Contains(extension.Oid)) is { } unknown)
            return ValidationMessage.Error("certificate-critical-extension", name, unknown.Oid);
        // RFC 5280 4.2.1.10: constraints that are not processed must refuse.
        if (certificate.Facts.NameConstraints is not null)
            return ValidationMessage.Error("certificate-name-constraints", name);
        // RFC 5280 4.2.1.11.
        if (certificate.Facts.PolicyConstraints?.RequireExplicitPolicy is not null)
            return ValidationMessage.Error("certificate-policy-required", name);
        return null;
    }

    private static ValidationMessage? RefuseAuthority(CertificatePath path, int position)
    {
        var certificate = path.Certificates[position];
        var name = Name(certificate);
        // RFC 5280 6.1.4 (k).
        if (certificate.Version == 3 && certificate.Facts.BasicConstraints is not { IsAuthority: true })
            return ValidationMessage.Error("certificate-not-authority", name);
        if (certificate.Version < 3)
            return ValidationMessage.Error("certificate-not-authority", name);
        // RFC 5280 6.1.4 (n).
        if (certificate.Facts.KeyUsage is { } usage && !usage.HasFlag(X509KeyUsageFlags.KeyCertSign))
            return ValidationMessage.Error("certificate-may-not-issue", name);
        // RFC 5280 6.1.4 (l), (m): authorities below this one that are not self-issued.
        var below = path.Certificates.Skip(1).Take(position - 1).Count(authority => !authority.IsSelfIssued);
        if (certificate.Facts.BasicConstraints?.PathLength is { } allowed && below > allowed)
            return ValidationMessage.Error("certificate-path-too-long", name);
        // RFC 9608 4: an authority without revocation information is not acceptable.
        return certificate.Facts.NoRevocationAvailable ? ValidationMessage.Error("authority-without-revocation", name) : null;
    }

    /// <summary>
    /// Purposes under which documents are signed: RFC 9336, those of Adobe and Microsoft, and the ones that national identity cards carry,
    /// whose profiles are older than RFC 9336.
    /// </summary>
    private static readonly FrozenSet<string> SignerPurposes = new[]
    {
        Oids.UsageAny, Oids.UsageDocumentSigning, Oids.UsageAdobeDocumentSigning, Oids.UsageMicrosoftDocumentSigning, Oids.UsageEmailProtection, Oids.UsageClientAuth,
    }.ToFrozenSet(StringComparer.Ordinal);

    private static ValidationMessage? RefuseSigner(Certificate leaf)
    {
        const X509KeyUsageFlags signing = X509KeyUsageFlags.NonRepudiation | X509KeyUsageFlags.DigitalSignature;
        if (leaf.Facts.KeyUsage is { } usage && (usage & signing) == 0)
            return ValidationMessage.Error("signer-key-usage", Name(leaf));
        // RFC 5280 4.2.1.12: where purposes are named, one of them must fit. Those of servers, code, time-stamps and OCSP do not.
        if (leaf.Facts.ExtendedKeyUsage is { } purposes && !purposes.Any(SignerPurposes.Contains))
            return ValidationMessage.Error("signer-key-usage", Name(leaf));
        return null;
    }

    private static ValidationMessage? RefuseTimestamper(Certificate leaf)
    {
        // RFC 3161 2.3: the one purpose, and critical. Old units leave it uncritical; the purpose itself is what protects.
        if (leaf.Facts.ExtendedKeyUsage is not { Count: 1 } usages || usages[0] != Oids.UsageTimeStamping)
            return ValidationMessage.Error("timestamper-key-usage", Name(leaf));
        return null;
    }

    /// <summary>How a certificate is called in messages: foreign text.</summary>
    public static string Name(Certificate certificate) =>
        certificate.Subject[Oids.CommonName] ?? (certificate.Subject.IsEmpty ? certificate.SerialHex : certificate.Subject.ToString());
}
