using Identity.Pkix.Asn1;
using Identity.Pkix.X509;

namespace Identity.Verification.TrustedLists;

/// <summary>What a certificate is by its own statements and by the qualifiers of its service (TS 119 615 4.4.4, TS 119 612 5.5.9.2.3).</summary>
/// <param name="IsQualified">For signatures or for seals, whichever it is for.</param>
/// <param name="HasDevice">Its key lies in a qualified device.</param>
internal sealed record CertificateStanding(bool IsQualified, bool IsSeal, bool HasDevice)
{
    private static readonly HashSet<string> Known =
    [
        "QCStatement", "NotQualified", "QCForESig", "QCForESeal", "QCForWSA", "QCForLegalPerson", "QCWithQSCD", "QCWithSSCD", "QCQSCDManagedOnBehalf", "QCNoQSCD", "QCNoSSCD",
        "QCQSCDStatusAsInCert", "QCSSCDStatusAsInCert",
    ];

    /// <summary>Null when criteria or qualifiers are not known here, or contradict each other.</summary>
    public static CertificateStanding? Of(Certificate certificate, ServiceStatus status)
    {
        var qualifiers = new HashSet<string>(StringComparer.Ordinal);
        foreach (var element in status.Qualifications)
        {
            if (element.Criteria.IsMetBy(certificate) is not { } isMet)
                return null;
            if (isMet)
                qualifiers.UnionWith(element.Qualifiers);
        }

        var says = (Device: qualifiers.Overlaps(["QCWithQSCD", "QCWithSSCD", "QCQSCDManagedOnBehalf"]), NoDevice: qualifiers.Overlaps(["QCNoQSCD", "QCNoSSCD"]),
            Seal: qualifiers.Overlaps(["QCForESeal", "QCForLegalPerson"]), Signature: qualifiers.Contains("QCForESig"), Qualified: qualifiers.Contains("QCStatement"), Not: qualifiers.Contains("NotQualified"));
        if (!qualifiers.IsSubsetOf(Known) || (says.Device && says.NoDevice) || (says.Seal && says.Signature) || (says.Qualified && says.Not))
            return null;
        var statements = certificate.Facts.QualifiedStatements;
        var isSeal = says.Seal || (!says.Signature && IsSealByItself(certificate));
        // EN 319 412-5 4.2.1: the certificate says so itself, unless the list does, and the service is listed for such certificates.
        var isQualified = !says.Not && !qualifiers.Contains("QCForWSA") && (says.Qualified || statements.Contains(Oids.QualifiedCompliance))
            && (status.Purposes.Count == 0 || status.Purposes.Contains(isSeal ? "ForeSeals" : "ForeSignatures"));
        return new CertificateStanding(isQualified, isSeal, says.Device || (!says.NoDevice && statements.Contains(Oids.QualifiedDevice)));
    }

    /// <summary>EN 319 412-5 4.2.3: without a type it is for signatures.</summary>
    public static bool IsSealByItself(Certificate certificate)
    {
        if (certificate.Extensions.FirstOrDefault(extension => extension.Oid == Oids.QualifiedStatements) is not { } extension)
            return false;
        try
        {
            var types = QualifiedStatements.Read(extension.Value).Types;
            return types.Contains(Oids.QualifiedTypeSeal) && !types.Contains(Oids.QualifiedTypeSignature);
        }
        catch (MalformedException)
        {
            // What cannot be read says nothing.
            return false;
        }
    }
}
