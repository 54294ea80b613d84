using Identity.Pkix.Ocsp;
using Identity.Pkix.Status;
using Identity.Pkix.X509;

namespace Identity.Signing.Revocation;

/// <summary>Why a certificate's status could not be put into the document.</summary>
public enum ProofRefusal
{
    /// <summary>A signature in the document cannot be read, or does not hold: nothing would be won by proving its certificates.</summary>
    SignatureUnusable,

    /// <summary>The certificate of a signature is not in the document.</summary>
    CertificateMissing,

    /// <summary>No chain leads from it to a configured root.</summary>
    ChainNotTrusted,

    /// <summary>The certificate names no address for its status, and the document holds none.</summary>
    SourceMissing,

    /// <summary>It names addresses that are not configured.</summary>
    SourceNotAllowed,

    /// <summary>The source did not answer: may be better later.</summary>
    SourceUnavailable,

    /// <summary>The answer is not to be relied on, or says that nothing is known.</summary>
    AnswerRefused,
    Revoked,

    /// <summary>More chains or requests than one document may cause.</summary>
    TooMuch,
}

/// <summary>Whether an answer about a certificate serves to prove a signature that existed at some moment.</summary>
internal static class CertificateStatusProof
{
    /// <summary>How far a responder's clock may be ahead of ours.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(1);

    /// <summary>EN 319 102-1 5.2.5: how long an answer without an end of its own counts as recent.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromHours(24);

    /// <summary>Null when it serves.</summary>
    public static ProofRefusal? Judge(StatusReading reading, DateTimeOffset existedAt, DateTimeOffset now)
    {
        if (reading is not StatusReading.Answer answer || answer.ThisUpdate > now + ClockSkew)
            return ProofRefusal.AnswerRefused;
        switch (answer.Status)
        {
            // Revoked later than the signature is known to have existed: the very thing that has to be kept.
            case CertificateStatus.Revoked revoked when revoked.Time <= existedAt:
                return ProofRefusal.Revoked;
            case CertificateStatus.Unknown:
                return ProofRefusal.AnswerRefused;
            default:
                return (answer.NextUpdate ?? answer.ThisUpdate + Freshness) >= existedAt ? null : ProofRefusal.AnswerRefused;
        }
    }

    /// <summary>Known only after the signature existed: no newer answer could say more about it.</summary>
    public static bool IsLater(StatusReading reading, DateTimeOffset existedAt) => reading is StatusReading.Answer answer && answer.ThisUpdate >= existedAt;

    /// <summary>What the issuer says needs no status: RFC 9608, EN 319 412-1 5.2.</summary>
    public static bool IsNotNeeded(Certificate certificate) => certificate.Facts.NoRevocationAvailable || certificate.Facts.ValidityAssuredShortTerm;
}
