using System.Buffers.Text;
using System.Security.Cryptography;
using Identity.Keys;
using Identity.Keys.Activation;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Pkix.Cms;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Identity.Signing.Certificates;

namespace Identity.Signing.Pades;

public abstract record Preparation
{
    private Preparation() { }

    public sealed record Done(PreparedDocument Document) : Preparation;

    /// <summary>The bytes are not those that the person approved.</summary>
    public sealed record OtherDocument : Preparation;

    public sealed record Unsuitable(string Detail) : Preparation;
}

/// <summary>
/// The approved document with an empty signature behind it, and the one hash that is left to be signed. Made from bytes whose
/// SHA-256 is in the person's approval, and from no others.
/// </summary>
public sealed class PreparedDocument
{
    private PreparedDocument(PreparedSignature update, ToBeSigned toBeSigned, Certificate signer, SignatureScheme scheme) =>
        (Update, ToBeSigned, Signer, Scheme) = (update, toBeSigned, signer, scheme);

    internal PreparedSignature Update { get; }

    internal ToBeSigned ToBeSigned { get; }

    internal Certificate Signer { get; }

    internal SignatureScheme Scheme { get; }

    public static Preparation Prepare(
        ReadOnlyMemory<byte> original, VerifiedApproval approval, PersonCertificate certificate, int tokenBytes, DateTimeOffset signingTime)
    {
        if (approval.Structure.Documents is not [var approved] || approved.Sha256 != Base64Url.EncodeToString(SHA256.HashData(original.Span)))
            return new Preparation.OtherDocument();
        // The upload's cap was checked when the document came.
        if (PdfDocument.Read(original, new PdfLimits { FileBytes = original.Length }) is not PdfRead.Document document)
            return new Preparation.Unsuitable("cannot_be_read");
        return Prepare(document.Value, certificate, tokenBytes, signingTime);
    }

    private static Preparation Prepare(PdfDocument document, PersonCertificate certificate, int tokenBytes, DateTimeOffset signingTime)
    {
        if (SigningScheme.For(certificate.Leaf) is not { } scheme)
            return new Preparation.Unsuitable("key_of_certificate");
        var content = new PadesContent(default, certificate.Leaf, certificate.Chain);
        // EN 319 142-1 6.3: M is the claimed time, Reason stays free for commitments.
        var request = new SignatureRequest { ContentsBytes = ContentsSize.For(scheme, content, tokenBytes), SigningTime = signingTime };
        if (SignatureUpdate.Prepare(document, request) is not SignaturePreparation.Prepared prepared)
            return new Preparation.Unsuitable("cannot_take_a_signature");
        var digest = prepared.Signature.ComputeDigest(PadesSignature.DocumentDigestAlgorithm(scheme.Algorithm));
        var toBeSigned = PadesSignature.Build(content with { DocumentDigest = digest }, scheme.Algorithm);
        return new Preparation.Done(new PreparedDocument(prepared.Signature, toBeSigned, certificate.Leaf, scheme.Scheme));
    }
}
