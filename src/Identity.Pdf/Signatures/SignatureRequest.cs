using Identity.Pdf.Appearances;

namespace Identity.Pdf.Signatures;

public enum SignatureKind
{
    /// <summary>Type Sig, SubFilter ETSI.CAdES.detached.</summary>
    Signature,

    /// <summary>Type DocTimeStamp, SubFilter ETSI.RFC3161: without M, Name, Reason, Location and ContactInfo.</summary>
    DocumentTimestamp,
}

/// <summary>What may change in a document behind its certification (ISO 32000-2 table 257).</summary>
public enum CertificationPermission
{
    /// <summary>Nothing. Validation data and time-stamps are no changes by the standard, yet viewers call the document changed for them.</summary>
    NoChanges = 1,

    /// <summary>Forms are filled in, and further signatures made.</summary>
    FormFilling = 2,

    /// <summary>Annotations too.</summary>
    Annotations = 3,
}

public enum LockAction { All, Include, Exclude }

/// <summary>Fields that may not change behind the signature (ISO 32000-2 table 236). A name stands for the field and all below it.</summary>
public sealed record FieldLock(LockAction Action, IReadOnlyList<string> Fields);

/// <summary>A signature in a new field, which shows nothing unless asked to, or one in an empty field of the form. Texts are written as they are given: clean foreign text before.</summary>
public sealed record SignatureRequest
{
    /// <summary>Characters of each text at most.</summary>
    public const int MaxTextLength = 2000;

    public SignatureKind Kind { get; init; } = SignatureKind.Signature;

    /// <summary>Bytes kept free for the CMS or time-stamp token; the file grows by twice as many.</summary>
    public required int ContentsBytes { get; init; }

    /// <summary>M, the claimed time: required for a signature, forbidden for a document time-stamp (EN 319 142-1 5.3, 5.4.3).</summary>
    public DateTimeOffset? SigningTime { get; init; }

    /// <summary>
    /// For a document time-stamp: also behind a certification that permits no changes (DocMDP, P 1). ISO 32000-2 12.8.2.2.2 takes it and validation
    /// data for no change; Acrobat and Foxit call the document changed all the same, so somebody must have agreed to that.
    /// </summary>
    public bool DespiteCertification { get; init; }

    /// <summary>Null: the first free of Signature1, Signature2 ... (Timestamp1 ... for a time-stamp).</summary>
    public string? FieldName { get; init; }

    /// <summary>Full name of an empty signature field that is to be signed; null for a new field.</summary>
    public string? ExistingField { get; init; }

    /// <summary>Makes the document's first signature a certification.</summary>
    public CertificationPermission? Certification { get; init; }

    /// <summary>
    /// Needed for <see cref="CertificationPermission.NoChanges"/> and for a field whose lock permits none: somebody knows that what makes the
    /// signature last for long cannot follow without viewers calling the document changed.
    /// </summary>
    public bool AcceptsNoChangesBehind { get; init; }

    /// <summary>For a new field; an existing one has its own.</summary>
    public FieldLock? Lock { get; init; }

    /// <summary>Digest of the signature as seed values call it, such as SHA256; null: not known, so that a field which demands one is refused.</summary>
    public string? DigestMethod { get; init; }

    /// <summary>Address of the time-stamping service that will be asked; null: not known.</summary>
    public string? TimestampAddress { get; init; }

    /// <summary>What the signature's algorithm needs to be declared; null for what every version of PDF has.</summary>
    public DeveloperExtension? Extension { get; init; }

    /// <summary>What the signature shows; null for nothing.</summary>
    public SignatureAppearance? Appearance { get; init; }

    public string? Name { get; init; }

    public string? Reason { get; init; }

    public string? Location { get; init; }

    public string? ContactInfo { get; init; }

    /// <exception cref="ArgumentException">The request breaks a rule of its own; the caller's error.</exception>
    internal void Check()
    {
        if (ContentsBytes is < 1 or > SignatureUpdate.MaxContentsBytes)
            throw new ArgumentException($"{nameof(ContentsBytes)} must be from 1 to {SignatureUpdate.MaxContentsBytes}");
        var texts = new[] { Name, Reason, Location, ContactInfo };
        if (texts.Any(text => text?.Length > MaxTextLength))
            throw new ArgumentException($"a text is longer than {MaxTextLength} characters");
        if (Kind == SignatureKind.DocumentTimestamp && (ExistingField is not null || Certification is not null || Lock is not null))
            throw new ArgumentException("a document time-stamp has a field of its own, and neither certifies nor locks");
        // Any clock can make a time-stamp: what it showed would look like somebody's signature.
        if (Kind == SignatureKind.DocumentTimestamp && Appearance is not null)
            throw new ArgumentException("a document time-stamp shows nothing");
        Appearance?.Check(ExistingField is null);
        if (ExistingField is not null && (FieldName is not null || Lock is not null))
            throw new ArgumentException("an existing field has a name and a lock of its own");
        if (Certification == CertificationPermission.NoChanges && !AcceptsNoChangesBehind)
            throw new ArgumentException($"a certification that permits nothing needs {nameof(AcceptsNoChangesBehind)}");
        if (Lock is { Fields.Count: 0, Action: not LockAction.All })
            throw new ArgumentException("a lock that includes or excludes names fields");
        if (Kind == SignatureKind.Signature && SigningTime is null)
            throw new ArgumentException($"a signature needs {nameof(SigningTime)}");
        if (Kind == SignatureKind.Signature && DespiteCertification)
            throw new ArgumentException("only a time-stamp may follow a certification that permits no changes");
        if (Kind == SignatureKind.DocumentTimestamp && (SigningTime is not null || texts.Any(text => text is not null)))
            throw new ArgumentException("a document time-stamp has no time and no texts of its own");
    }
}
