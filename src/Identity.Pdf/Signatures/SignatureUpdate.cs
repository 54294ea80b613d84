using System.Security.Cryptography;
using Identity.Pdf.Structure;

namespace Identity.Pdf.Signatures;

public enum SignatureKind
{
    /// <summary>Type Sig, SubFilter ETSI.CAdES.detached.</summary>
    Signature,

    /// <summary>Type DocTimeStamp, SubFilter ETSI.RFC3161: without M, Name, Reason, Location.</summary>
    DocumentTimestamp,
}

/// <summary>An invisible signature on page 1.</summary>
public sealed record SignatureRequest
{
    public SignatureKind Kind { get; init; } = SignatureKind.Signature;

    /// <summary>Bytes kept free for the CMS or time-stamp token; the file grows by twice as many.</summary>
    public required int ContentsBytes { get; init; }

    /// <summary>M, the claimed time: required for a signature, forbidden for a document time-stamp.</summary>
    public DateTimeOffset? SigningTime { get; init; }

    /// <summary>Null: the first free of Signature1, Signature2 ... (Timestamp1 ... for a time-stamp).</summary>
    public string? FieldName { get; init; }

    public string? Name { get; init; }

    public string? Reason { get; init; }

    public string? Location { get; init; }

    public string? ContactInfo { get; init; }
}

public enum SignatureRefusal
{
    /// <summary>Dynamic forms: viewers ignore what is added to the form beside them.</summary>
    XfaForm,

    /// <summary>Cross-references, objects or bytes that other readers read otherwise.</summary>
    AmbiguousStructure,

    /// <summary>An earlier certification forbids any change (DocMDP, P 1).</summary>
    CertifiedNoChanges,

    FieldNameTaken,

    /// <summary>Empty, with a dot, or too long.</summary>
    FieldNameUnusable,

    NoPages,

    /// <summary>Page tree or form cannot be read whole.</summary>
    BrokenPagesOrForm,

    TooLarge,
}

public abstract record SignaturePreparation
{
    private SignaturePreparation() { }

    public sealed record Prepared(PreparedSignature Signature) : SignaturePreparation;

    public sealed record Refused(SignatureRefusal Reason, string Message) : SignaturePreparation;
}

public static class SignatureUpdate
{
    /// <summary>Largest <see cref="SignatureRequest.ContentsBytes"/>.</summary>
    public const int MaxContentsBytes = 1024 * 1024;

    /// <summary>
    /// Appends a signature field with an empty Contents and a finished ByteRange.
    /// Throws <see cref="ArgumentException"/> when the request breaks its own rules.
    /// </summary>
    public static SignaturePreparation Prepare(PdfDocument document, SignatureRequest request) => throw new NotImplementedException();
}

/// <summary>What came of writing the CMS into its place.</summary>
public abstract record SignedPdf
{
    private SignedPdf() { }

    public sealed record Written(ReadOnlyMemory<byte> File) : SignedPdf;

    /// <summary>The CMS is larger than what was kept free: prepare again with at least <paramref name="Needed"/> bytes.</summary>
    public sealed record DoesNotFit(int Needed, int Reserved) : SignedPdf;
}

/// <summary>Original and tail with room for the CMS; all that is left to do is to sign the digest.</summary>
public sealed class PreparedSignature
{
    private PreparedSignature() { }

    public string FieldName => throw new NotImplementedException();

    public ReadOnlyMemory<byte> Original => throw new NotImplementedException();

    /// <summary>What follows the original, Contents filled with zeros.</summary>
    public ReadOnlyMemory<byte> Tail => throw new NotImplementedException();

    public ByteRange ByteRange => throw new NotImplementedException();

    /// <summary>Offset in the whole file of the opening bracket of Contents.</summary>
    public long ContentsOffset => throw new NotImplementedException();

    public int ReservedBytes => throw new NotImplementedException();

    public byte[] ComputeDigest(HashAlgorithmName algorithm) => throw new NotImplementedException();

    public SignedPdf WriteSigned(ReadOnlySpan<byte> der) => throw new NotImplementedException();

    /// <summary>Writes the signed file; false, and nothing written, when <paramref name="der"/> is larger than <see cref="ReservedBytes"/>.</summary>
    public bool TryWriteSigned(Stream output, ReadOnlySpan<byte> der) => throw new NotImplementedException();
}
