namespace Identity.Pdf.Signatures;

public enum SignatureKind
{
    /// <summary>Type Sig, SubFilter ETSI.CAdES.detached.</summary>
    Signature,

    /// <summary>Type DocTimeStamp, SubFilter ETSI.RFC3161: without M, Name, Reason, Location and ContactInfo.</summary>
    DocumentTimestamp,
}

/// <summary>An invisible signature on page 1. Texts are written as they are given: clean foreign text before.</summary>
public sealed record SignatureRequest
{
    /// <summary>Characters of each text at most.</summary>
    public const int MaxTextLength = 2000;

    public SignatureKind Kind { get; init; } = SignatureKind.Signature;

    /// <summary>Bytes kept free for the CMS or time-stamp token; the file grows by twice as many.</summary>
    public required int ContentsBytes { get; init; }

    /// <summary>M, the claimed time: required for a signature, forbidden for a document time-stamp (EN 319 142-1 5.3, 5.4.3).</summary>
    public DateTimeOffset? SigningTime { get; init; }

    /// <summary>Null: the first free of Signature1, Signature2 ... (Timestamp1 ... for a time-stamp).</summary>
    public string? FieldName { get; init; }

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
        if (Kind == SignatureKind.Signature && SigningTime is null)
            throw new ArgumentException($"a signature needs {nameof(SigningTime)}");
        if (Kind == SignatureKind.DocumentTimestamp && (SigningTime is not null || texts.Any(text => text is not null)))
            throw new ArgumentException("a document time-stamp has no time and no texts of its own");
    }
}
