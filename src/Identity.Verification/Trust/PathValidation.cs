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

    /// <summary>No purpose of its own: whoever asks looks at the purpose, as for those who sign revocation data.</summary>
    Any,
}

/// <summary>Why a path does not hold: an error of the path itself, or a constraint that it does not meet (EN 319 102-1 table 5).</summary>
public sealed record PathRefusal(SubIndication Why, ValidationMessage Message)
{
    public string Key => Message.Key;
}

/// <summary>
/// Validates a path as RFC 5280 6.1 does, with policies as RFC 9618 mends them, but for times and revocation: those are judged by
/// <see cref="Engine.Blocks.CertificateValidation"/>, because proofs of existence can settle them. Signatures were checked when the path was built.
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
    public static PathRefusal? Refuse(CertificatePath path, CertificatePurpose purpose, PathInputs inputs)
    {
        // RFC 5280 6.1.1: the anchor is trusted as it is; its own extensions constrain nothing unless the operator says so.
        var policies = new PolicyProcessing(inputs, path.Certificates.Count - 1);
        var names = new NameConstraintChecking();
        // 6.1.3, 6.1.4: from the certificate below the anchor down to the leaf.
        for (var i = path.Certificates.Count - 2; i >= 0; i--)
        {
            var certificate = path.Certificates[i];
            // 6.1.4 (o), 6.1.5 (f).
            if (certificate.Extensions.FirstOrDefault(extension => extension.Critical && !Examined.Contains(extension.Oid)) is { } unknown)
                return General(ValidationMessage.Error("certificate-critical-extension", Name(certificate), unknown.Oid));
            // 6.1.3 (b), (c); self-issued authorities change keys, not names.
            if ((i == 0 || !certificate.IsSelfIssued) && !names.Permits(certificate))
                return Constraint(ValidationMessage.Error(names.IsTooCostly ? "certificate-too-costly" : "certificate-name-constraints", Name(certificate)));
            // 6.1.3 (d) to (f), 6.1.4 (a), (b), (h) to (j).
            if (policies.Refuse(certificate, isLeaf: i == 0) is { } refusal)
                return Constraint(refusal);
            if (i == 0)
                break;
            if (RefuseAuthority(path, i) is { } notAnAuthority)
                return Constraint(notAnAuthority);
            // 6.1.4 (g).
            if (certificate.Facts.NameConstraints is { } constraints)
                names.Add(constraints);
        }
        // 6.1.5 (a), (b), (g).
        if (policies.RefuseWhole(path.Leaf) is { } noPolicy)
            return Constraint(noPolicy);
        return purpose switch
        {
            CertificatePurpose.Signature => Constraint(RefuseSigner(path.Leaf, inputs)),
            CertificatePurpose.Timestamping => Constraint(RefuseTimestamper(path.Leaf)),
            CertificatePurpose.Any => null,
            _ => throw new InvalidOperationException($"no rule for {purpose}"),
        };
    }

    private static PathRefusal General(ValidationMessage message) => new(SubIndication.CertificateChainGeneralFailure, message);

    private static PathRefusal? Constraint(ValidationMessage? message) => message is null ? null : new(SubIndication.ChainConstraintsFailure, message);

    private static ValidationMessage? RefuseAuthority(CertificatePath path, int position)
    {
        var certificate = path.Certificates[position];
        var name = Name(certificate);
        // RFC 5280 6.1.4 (k).
        if (certificate.Version < 3 || certificate.Facts.BasicConstraints is not { IsAuthority: true })
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

    private static ValidationMessage? RefuseSigner(Certificate leaf, PathInputs inputs)
    {
        // RFC 5280 4.2.1.3, 4.2.1.12: where usages or purposes are named, one of them must fit.
        var fits = (leaf.Facts.KeyUsage is not { } usage || (usage & inputs.KeyUsages) != 0)
            && (leaf.Facts.ExtendedKeyUsage is not { } purposes || purposes.Any(inputs.Purposes.Contains));
        return fits ? null : ValidationMessage.Error("signer-key-usage", Name(leaf));
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
