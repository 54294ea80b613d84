using Identity.Pdf.Structure;
using Identity.Pdf.Signatures;
using Identity.Signing.Revocation;

namespace Identity.Signing.Pades;

/// <summary>Why a signed document is not raised to a higher level.</summary>
public enum ExtensionRefusal
{
    /// <summary>No PDF that is read here.</summary>
    CannotBeRead,
    NoSignature,

    /// <summary>A signature in it does not hold: a higher level would only cover that up.</summary>
    SignatureBroken,

    /// <summary>A certification permits no changes; viewers would call the document changed.</summary>
    CertifiedNoChanges,
}

public abstract record Opening
{
    private Opening() { }

    public sealed record Done(OpenedDocument Document) : Opening;

    public sealed record Refused(ExtensionRefusal Reason) : Opening;
}

/// <summary>A document that somebody signed, all of whose signatures and time-stamps hold: made from bytes for which that was checked, and from no others.</summary>
public sealed class OpenedDocument
{
    private OpenedDocument(GrowingDocument document, IReadOnlyList<SignatureInDocument> signatures) => (Document, Signatures) = (document, signatures);

    internal GrowingDocument Document { get; }

    /// <summary>In file order; never empty, and each with its certificate.</summary>
    internal IReadOnlyList<SignatureInDocument> Signatures { get; }

    /// <summary>What came with it, to build chains from.</summary>
    internal KnownCertificates Known { get; private init; } = new();

    internal ValidationData Given { get; private init; } = ValidationData.None;

    internal bool DespiteCertification { get; private init; }

    /// <param name="given">Certificates, OCSP answers and CRLs that the caller has; judged like those in the document.</param>
    /// <param name="despiteCertification">Somebody knows that viewers will complain, and wants it.</param>
    public static Opening Open(DocumentBytes file, ValidationData given, bool despiteCertification)
    {
        var document = new GrowingDocument(file);
        if (document.Read() is not { } pdf)
            return new Opening.Refused(ExtensionRefusal.CannotBeRead);
        var signatures = SignatureInDocument.All(pdf);
        if (signatures.Count == 0)
            return new Opening.Refused(ExtensionRefusal.NoSignature);
        if (!despiteCertification && SignatureUpdate.PermitsNoChanges(pdf))
            return new Opening.Refused(ExtensionRefusal.CertifiedNoChanges);
        return signatures.All(signature => signature.Holds(pdf))
            ? new Opening.Done(new OpenedDocument(document, signatures) { Known = KnownCertificates.In(pdf, signatures, given), Given = given, DespiteCertification = despiteCertification })
            : new Opening.Refused(ExtensionRefusal.SignatureBroken);
    }
}
