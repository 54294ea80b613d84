using Identity.Pdf.Appearances;
using Identity.Pdf.Signatures;
using Identity.Pkix.Cms;
using Identity.Pkix.X509;

namespace Identity.Signing.Pades;

/// <summary>What a signature is to be beside an ordinary approval in a new, invisible field.</summary>
public sealed record SignatureForm
{
    public static SignatureForm Approval { get; } = new();

    /// <summary>Full name of an empty signature field in the document; null for a new one.</summary>
    public string? ExistingField { get; init; }

    /// <summary>Makes the first signature of a document its certification.</summary>
    public CertificationPermission? Certification { get; init; }

    /// <summary>
    /// Somebody knows that behind a signature that permits no changes (DocMDP or lock, P 1) Acrobat and Foxit call the document changed for the
    /// validation data and time-stamps that make it last, and wants it so.
    /// </summary>
    public bool AcceptsNoChangesBehind { get; init; }

    public FieldLock? Lock { get; init; }

    /// <summary>What the signer commits to: one of <see cref="CommitmentTypes"/>, or another object identifier.</summary>
    public string? CommitmentType { get; init; }

    public SignaturePolicy? Policy { get; init; }

    /// <summary>In which roles the signer claims to act (EN 319 122-1 5.2.6.1).</summary>
    public IReadOnlyList<string> ClaimedRoles { get; init; } = [];

    public string? Location { get; init; }

    public string? ContactInfo { get; init; }

    /// <summary>Free text, when there is neither commitment nor policy (EN 319 142-1 6.3).</summary>
    public string? Reason { get; init; }

    /// <summary>What the signature shows on a page, for this certificate and claimed time; null for nothing.</summary>
    public Func<Certificate, DateTimeOffset, SignatureAppearance>? Appearance { get; init; }

    internal void Check()
    {
        if (Reason is not null && (CommitmentType is not null || Policy is not null))
            throw new ArgumentException("EN 319 142-1 6.3: no Reason beside a commitment or a policy.");
    }
}
