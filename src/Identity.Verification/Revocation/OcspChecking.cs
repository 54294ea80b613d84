using Identity.Pkix.Asn1;
using Identity.Pkix.Ocsp;
using Identity.Pkix.X509;
using Identity.Verification.Engine;
using Identity.Verification.Trust;

namespace Identity.Verification.Revocation;

/// <summary>Reads one OCSP answer for one certificate, strictly (RFC 6960 3.2, 4.2.2).</summary>
internal static class OcspChecking
{
    public static IEnumerable<RevocationStatus> Read(RevocationChecking checking, CertificatePath path, int position, List<ValidationMessage> remarks) =>
        checking.Evidence.OcspResponses.Select(item => Read(checking, item, path, position, remarks)).OfType<RevocationStatus>();

    /// <summary>Null when the answer does not speak of the certificate, or may not be relied on: then a remark says why.</summary>
    private static RevocationStatus? Read(RevocationChecking checking, OcspEvidence evidence, CertificatePath path, int position, List<ValidationMessage> remarks)
    {
        var (certificate, issuer) = (path.Certificates[position], path.Certificates[position + 1]);
        var response = evidence.Response;
        // 3.2 (1): the certificate identified in the answer is the one in question.
        var single = response.Responses.FirstOrDefault(one => one.Certificate.SerialNumber == certificate.SerialNumber && one.Certificate.IsIssuedBy(issuer));
        if (single is null)
            return null;
        var name = PathValidation.Name(certificate);
        if (response.HasUnknownCriticalExtension)
            return Pass(remarks, ValidationMessage.Warning("revocation-critical-extension", name));
        if (Responder(response, issuer, checking.Pool) is not { } responder)
            return Pass(remarks, ValidationMessage.Warning("ocsp-responder-not-authorized", name));
        if (!checking.IsSignedBy(response, responder))
            return Pass(remarks, ValidationMessage.Warning("ocsp-signature-invalid", name));
        var weak = checking.Weak(response.SignatureAlgorithm, responder);
        // 4.2.2.2: a delegated responder is a certificate like others; its life must cover the answer, and it may have been revoked.
        if (!responder.Equals(issuer) && !responder.IsValidAt(response.ProducedAt))
            return Pass(remarks, ValidationMessage.Warning("ocsp-responder-out-of-validity", name));
        if (!responder.Equals(issuer) && checking.OfResponder(responder, path, position + 1) is RevocationAnswer.Revoked or RevocationAnswer.OnHold)
            return Pass(remarks, ValidationMessage.Warning("ocsp-responder-revoked", name));
        if (RevocationChecking.RefuseTimes(certificate, single.ThisUpdate, CoversExpiredSince(single, certificate), checking.Times) is { } refusal)
            return Pass(remarks, refusal);

        var status = new RevocationStatus(certificate, RevocationAnswer.Unknown)
        {
            Kind = "OCSP",
            ThisUpdate = single.ThisUpdate,
            NextUpdate = single.NextUpdate,
            Origin = evidence.Origin,
            Source = evidence.Source,
            Revision = evidence.Revision,
            Signer = responder,
            Weak = weak,
        };
        switch (single.Status)
        {
            case CertificateStatus.Good:
                return status with { Answer = RevocationAnswer.Good };
            case CertificateStatus.Revoked { Reason: Pkix.Crl.RevocationReason.CertificateHold }:
                return status with { Answer = RevocationAnswer.OnHold };
            case CertificateStatus.Revoked revoked:
                return status with { Answer = RevocationAnswer.Revoked, RevokedAt = revoked.Time, Reason = revoked.Reason };
            default:
                // 2.2: the responder does not know this certificate, although it is asked for its own issuer.
                return Pass(remarks, ValidationMessage.Warning("ocsp-unknown", name));
        }
    }

    /// <summary>4.2.2.2: the issuer itself, or a certificate that the issuer gave the purpose of answering.</summary>
    private static Certificate? Responder(BasicOcspResponse response, Certificate issuer, CertificatePool pool)
    {
        if (response.IsFrom(issuer))
            return issuer;
        return pool.Certificates.FirstOrDefault(candidate => response.IsFrom(candidate)
            && candidate.Facts.ExtendedKeyUsage is { } usages && usages.Contains(Oids.UsageOcspSigning)
            && candidate.Issuer.SameAs(issuer.Subject)
            && pool.IsSignedBy(candidate, issuer));
    }

    // Either the responder keeps records that far back, or it shows by the certificate's digest that it knows this very certificate.
    private static DateTimeOffset? CoversExpiredSince(SingleOcspResponse single, Certificate certificate) =>
        single.ArchiveCutoff ?? (single.CertificateHash is { } hash && HashNames(hash, certificate) ? DateTimeOffset.MinValue : null);

    // Common PKI 3.1.2: SEQUENCE { AlgorithmIdentifier, OCTET STRING }; only a SHA-256 digest at the end is recognised.
    private static bool HashNames(ReadOnlyMemory<byte> value, Certificate certificate) => value.Span.EndsWith(certificate.Sha256());

    private static RevocationStatus? Pass(List<ValidationMessage> remarks, ValidationMessage remark)
    {
        if (!remarks.Contains(remark))
            remarks.Add(remark);
        return null;
    }
}
