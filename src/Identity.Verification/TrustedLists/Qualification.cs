using Identity.Pkix.Asn1;
using Identity.Pkix.X509;
using Identity.Verification.Engine;
using Identity.Verification.Engine.Processes;

namespace Identity.Verification.TrustedLists;

/// <summary>
/// What trusted lists and the signer's certificate say about qualification (TS 119 615 4.4, condensed), stated as found: it decides nothing
/// about validity.
/// </summary>
public static class Qualification
{
    /// <summary>Null when no list speaks of the signer's issuer.</summary>
    public static ValidationMessage? Of(SignatureResult result, TrustedServices services, DateTimeOffset controlTime)
    {
        if (result.Facts.SigningCertificate is not { } leaf || result.Basic.Certificate is not { } validated)
            return null;
        var issuers = validated.Chain.Skip(1).ToList();
        var service = services.Services.FirstOrDefault(one => one.Statuses.Any(status => status.Type == ServiceStatus.QualifiedAuthority) && one.Identities.Any(issuers.Contains));
        if (service is null)
            return null;
        // 4.4.4: the service stood when the certificate was issued and when it was used.
        var used = result.BestSignatureTime ?? controlTime;
        if (service.At(leaf.NotBefore) is not { IsGranted: true, Type: ServiceStatus.QualifiedAuthority } issued || service.At(used) is not { IsGranted: true, Type: ServiceStatus.QualifiedAuthority })
            return Message("qualification-service-not-granted", service);
        if (issued.HasQualifiers)
            return Message("qualification-by-criteria", service);
        var statements = leaf.Facts.QualifiedStatements;
        var isSeal = IsSeal(leaf);
        // EN 319 412-5 4.2.1: the certificate says so itself, and the service is listed for such certificates.
        if (!statements.Contains(Oids.QualifiedCompliance) || (issued.Purposes.Count > 0 && !issued.Purposes.Contains(isSeal ? "ForeSeals" : "ForeSignatures")))
            return Message("qualification-not-qualified", service);
        return Message((isSeal, statements.Contains(Oids.QualifiedDevice)) switch
        {
            (false, true) => "qualification-qualified-signature",
            (false, false) => "qualification-qualified-certificate",
            (true, true) => "qualification-qualified-seal",
            (true, false) => "qualification-qualified-seal-certificate",
        }, service);
    }

    // EN 319 412-5 4.2.3: without a type it is for signatures.
    private static bool IsSeal(Certificate leaf)
    {
        if (leaf.Extensions.FirstOrDefault(extension => extension.Oid == Oids.QualifiedStatements) is not { } extension)
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

    private static ValidationMessage Message(string key, TrustService service) => ValidationMessage.Information(key, service.Provider, service.Territory);
}
