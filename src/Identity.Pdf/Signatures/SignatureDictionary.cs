using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Signatures;

/// <summary>The entry Contents of a signature dictionary.</summary>
public abstract record SignatureContents
{
    private SignatureContents() { }

    public sealed record Missing : SignatureContents;

    /// <param name="Bytes">Decoded, with the zero bytes that pad it.</param>
    /// <param name="Hexadecimal">False: a literal string, which a signature must not use.</param>
    /// <param name="Span">The string with its delimiters in the file; null when it stands in an object stream.</param>
    /// <param name="Indirect">Contents is a reference; Span is then that of the object it refers to.</param>
    public sealed record Present(ReadOnlyMemory<byte> Bytes, bool Hexadecimal, ByteSpan? Span, bool Indirect) : SignatureContents;

    /// <summary>Something else than a string, null for instance.</summary>
    public sealed record NotAString : SignatureContents;
}

/// <summary>An entry of the array Reference (ISO 32000-2 12.8.2).</summary>
public abstract record SignatureReference
{
    private SignatureReference() { }

    /// <param name="Permission">P: 1 no changes, 2 (also when absent) form filling and signing, 3 annotations too.</param>
    public sealed record DocMdp(int Permission) : SignatureReference;

    /// <param name="Action">All, Include or Exclude.</param>
    public sealed record FieldMdp(string Action, IReadOnlyList<string> Fields) : SignatureReference;

    /// <summary>Another transform method, or parameters that cannot be understood.</summary>
    public sealed record Other(string? TransformMethod) : SignatureReference;
}

/// <summary>A signature dictionary and where it was found. Strings are foreign text: clean them before they are shown.</summary>
public sealed record SignatureDictionary
{
    public required PdfDictionary Dictionary { get; init; }

    /// <summary>Null when the dictionary is a direct value of its field.</summary>
    public required ObjectId? Id { get; init; }

    /// <summary>Full name of the field whose value it is, as of the newest revision in which there is one; null when it never was in a field.</summary>
    public required string? FieldName { get; init; }

    /// <summary>The field, as of that revision.</summary>
    public required FormField? Field { get; init; }

    /// <summary>The revision that wrote this dictionary.</summary>
    public required int Revision { get; init; }

    /// <summary>The newest revision in which a field has it as its value; 0 when none ever had.</summary>
    public required int LastRevisionInForm { get; init; }

    /// <summary>The revision that overrode or freed the dictionary; null when none did.</summary>
    public required int? SupersededIn { get; init; }

    public required string? Type { get; init; }

    public required string? Filter { get; init; }

    public required string? SubFilter { get; init; }

    public required SignatureContents Contents { get; init; }

    public required ByteRangeCheck ByteRange { get; init; }

    /// <summary>M as it stands; null when absent or not a string.</summary>
    public required string? SigningTimeText { get; init; }

    /// <summary>M read as a date (7.9.4); null when it is not one. Without a time zone it is taken as UTC.</summary>
    public required DateTimeOffset? SigningTime { get; init; }

    public required string? Name { get; init; }

    public required string? Reason { get; init; }

    public required string? Location { get; init; }

    public required string? ContactInfo { get; init; }

    /// <summary>Cert is present: forbidden in PAdES.</summary>
    public required bool HasCert { get; init; }

    public required IReadOnlyList<SignatureReference> References { get; init; }

    /// <summary>P in the Lock of the field that was signed (ISO 32000-2 table 236), as it stood when it was: 1 to 3; null when there is none.</summary>
    public int? LockPermission { get; init; }

    public IReadOnlyList<string> DuplicateKeys => Dictionary.DuplicateKeys;

    public bool IsDocumentTimestamp => Type == "DocTimeStamp" || SubFilter == "ETSI.RFC3161";
}
