using Identity.Verification.Engine;
using Identity.Verification.Engine.Processes;

namespace Identity.Verification.TrustedLists;

/// <summary>What a signature is in law, as far as lists and certificate say (TS 119 172-4, Regulation (EU) 910/2014 article 3 (10) to (12), (25) to (27)).</summary>
public enum SignatureQualification
{
    /// <summary>Not known: by criteria of the list that are not known here or contradict each other.</summary>
    NA,

    /// <summary>Advanced, by a certificate that is not qualified.</summary>
    AdESig,
    AdESeal,

    /// <summary>Advanced, by a qualified certificate whose key need not lie in a qualified device.</summary>
    AdESigQC,
    AdESealQC,

    QESig,
    QESeal,
}

/// <summary>What a time-stamp is in law (article 3 (33), (34)).</summary>
public enum TimestampQualification
{
    /// <summary>Its service is listed, and was not granted when it stamped.</summary>
    TSA,
    QTSA,
}

/// <param name="Message">The same in words, with provider and territory.</param>
public sealed record QualificationFound(SignatureQualification Value, ValidationMessage Message);

/// <summary>
/// What trusted lists and the signer's certificate say about qualification (TS 119 615 4.4, condensed), stated as found: it decides nothing
/// about validity.
/// </summary>
public static class Qualification
{
    /// <summary>Null when no list speaks of the signer's issuer.</summary>
    public static QualificationFound? Of(SignatureResult result, TrustedServices services, DateTimeOffset controlTime)
    {
        if (result.Facts.SigningCertificate is not { } leaf || result.Basic.Certificate is not { } validated)
            return null;
        var issuers = validated.Chain.Skip(1).ToList();
        var service = services.Services.FirstOrDefault(one => one.Statuses.Any(status => status.Type == ServiceStatus.QualifiedAuthority) && one.Identities.Any(issuers.Contains));
        if (service is null)
            return null;
        // 4.4.4: the service stood when the certificate was issued and when it was used.
        var isSeal = CertificateStanding.IsSealByItself(leaf);
        if (service.At(leaf.NotBefore) is not { IsGranted: true, Type: ServiceStatus.QualifiedAuthority } issued
            || service.At(result.BestSignatureTime ?? controlTime) is not { IsGranted: true, Type: ServiceStatus.QualifiedAuthority } used)
            return Found(isSeal ? SignatureQualification.AdESeal : SignatureQualification.AdESig, "qualification-service-not-granted", service);
        if (CertificateStanding.Of(leaf, issued) is not { } before || CertificateStanding.Of(leaf, used) is not { } standing)
            return Found(SignatureQualification.NA, "qualification-by-criteria", service);
        if (!before.IsQualified || !standing.IsQualified || before.IsSeal != standing.IsSeal)
            return Found(standing.IsSeal ? SignatureQualification.AdESeal : SignatureQualification.AdESig, "qualification-not-qualified", service);
        return (standing.IsSeal, standing.HasDevice) switch
        {
            (false, true) => Found(SignatureQualification.QESig, "qualification-qualified-signature", service),
            (false, false) => Found(SignatureQualification.AdESigQC, "qualification-qualified-certificate", service),
            (true, true) => Found(SignatureQualification.QESeal, "qualification-qualified-seal", service),
            (true, false) => Found(SignatureQualification.AdESealQC, "qualification-qualified-seal-certificate", service),
        };
    }

    /// <summary>Null when no list speaks of the unit or its issuers (TS 119 615 4.5).</summary>
    public static TimestampQualification? Of(TimestampResult result, TrustedServices services)
    {
        if (result is not { Certificate: { } validated, Time: { } time })
            return null;
        var service = services.Services.FirstOrDefault(one => one.Statuses.Any(status => status.Type == ServiceStatus.QualifiedTimestamping) && one.Identities.Any(validated.Chain.Contains));
        return service is null ? null
            : service.At(time) is { IsGranted: true, Type: ServiceStatus.QualifiedTimestamping } ? TimestampQualification.QTSA : TimestampQualification.TSA;
    }

    private static QualificationFound Found(SignatureQualification value, string key, TrustService service) =>
        new(value, ValidationMessage.Information(key, service.Provider, service.Territory));
}
