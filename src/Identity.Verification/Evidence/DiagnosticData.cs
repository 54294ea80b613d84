using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pkix.Cms;
using Identity.Pkix.Signatures;
using Identity.Pkix.Timestamps;
using Identity.Pkix.X509;
using Identity.Verification.Changes;
using Identity.Verification.Revocation;
using Identity.Verification.Trust;

namespace Identity.Verification.Evidence;

/// <summary>What was found in one document. Facts only: whoever reads them judges, so two policies can judge the same facts.</summary>
public sealed record DiagnosticData
{
    public required PdfDocument Document { get; init; }

    /// <summary>In file order: signatures and document time-stamps.</summary>
    public required IReadOnlyList<SignatureFacts> Signatures { get; init; }

    public required IReadOnlyList<RevisionChanges> Revisions { get; init; }

    public required CertificatePool Certificates { get; init; }

    public required RevocationEvidence Revocation { get; init; }
}

/// <summary>A signature or document time-stamp as it stands in the file.</summary>
public sealed record SignatureFacts
{
    public required SignatureDictionary Dictionary { get; init; }

    public bool IsDocumentTimestamp => Dictionary.IsDocumentTimestamp;

    /// <summary>Null when Contents is missing or cannot be read; then <see cref="ContentsDefect"/> says why.</summary>
    public SignedData? Cms { get; init; }

    public string? ContentsDefect { get; init; }

    /// <summary>The one signer; null when there is none or more than one.</summary>
    public SignerInfo? Signer { get; init; }

    /// <summary>The typed view of the signed attributes; null when one of them cannot be read.</summary>
    public SignedAttributeFacts? Attributes { get; init; }

    /// <summary>The certificate that the signature names, by its signed reference when there is one, else by issuer and serial.</summary>
    public Certificate? SigningCertificate { get; init; }

    /// <summary>How that certificate was named.</summary>
    public SigningCertificateMatch SigningCertificateMatch { get; init; }

    /// <summary>The digest of the covered bytes equals the signed one; null when it could not be computed or none is signed.</summary>
    public bool? DigestMatches { get; init; }

    /// <summary>Result of verifying the signature value; null without a certificate.</summary>
    public SignatureCheck? ValueCheck { get; init; }

    /// <summary>Digest and value verify, whatever the certificate and the ByteRange are worth.</summary>
    public bool IsCryptographicallyIntact => DigestMatches == true && ValueCheck == SignatureCheck.Valid;

    /// <summary>Digest or value cannot be computed here, and nothing that was computed speaks against them: neither right nor wrong.</summary>
    public bool IsNotVerifiable => DigestMatches != false && (IsDocumentTimestamp || Signer?.SignedAttributesDer is null || Attributes?.MessageDigest is not null)
        && (ValueCheck is SignatureCheck.UnsupportedAlgorithm or SignatureCheck.KeySizeRefused || (ValueCheck == SignatureCheck.Valid && DigestMatches is null));

    /// <summary>Time-stamps over the signature value.</summary>
    public IReadOnlyList<TimestampFacts> SignatureTimestamps { get; init; } = [];

    /// <summary>Time-stamps over the covered bytes, signed with them.</summary>
    public IReadOnlyList<TimestampFacts> ContentTimestamps { get; init; } = [];

    /// <summary>The token, when this is a document time-stamp.</summary>
    public TimestampFacts? DocumentTimestamp { get; init; }
}

/// <summary>The signed attributes that validation looks at (EN 319 122-1 5), each null when absent or not exactly one.</summary>
public sealed record SignedAttributeFacts(string? ContentType, ReadOnlyMemory<byte>? MessageDigest, DateTimeOffset? SigningTime,
    AlgorithmProtection? AlgorithmProtection, IReadOnlyList<SigningCertificateReference>? SigningCertificates, RevocationArchival? RevocationArchival)
{
    /// <summary>EN 319 122-1 5.2.6.1: what the signer says of themselves, checked by nobody.</summary>
    public IReadOnlyList<string> ClaimedRoles { get; init; } = [];
}

public enum SigningCertificateMatch
{
    /// <summary>No certificate fits.</summary>
    NotFound,

    /// <summary>The signed reference fits (EN 319 102-1 5.2.3).</summary>
    BySignedReference,

    /// <summary>There is no signed reference; issuer and serial fit. Anybody can exchange such a certificate for another with the same key.</summary>
    ByIssuerAndSerial,

    /// <summary>Issuer and serial fit, but the signed reference names another certificate.</summary>
    ReferenceDiffers,

    /// <summary>Issuer and serial fit; the signed reference is by a digest that is not computed here, so nobody knows whether it does.</summary>
    ReferenceNotComputed,
}

public enum TimestampKind
{
    Signature,
    Document,

    /// <summary>On what is signed, before it is signed (EN 319 122-1 5.2.8).</summary>
    Content,
}

/// <summary>A time-stamp token with what it is bound to.</summary>
/// <param name="Token">Null when it cannot be read.</param>
/// <param name="ImprintMatches">Its imprint is the digest of what it should cover; null when that cannot be computed.</param>
/// <param name="Authority">The certificate that signed it; null when not found.</param>
/// <param name="Check">Whether that certificate signed exactly this token.</param>
/// <param name="ContentDigestMatches">The token's signed digest is that of its own content: tells a changed token from a false signature.</param>
public sealed record TimestampFacts(TimestampKind Kind, TimestampToken? Token, bool? ImprintMatches, Certificate? Authority, SignatureCheck? Check,
    bool? ContentDigestMatches);
