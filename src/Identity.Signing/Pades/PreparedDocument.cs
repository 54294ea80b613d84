using System.Buffers.Text;
using System.Security.Cryptography;
using Identity.Keys.Activation;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Pkix.Cms;
using Identity.Pkix.Signatures;
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
    private PreparedDocument(PreparedSignature update, ToBeSigned toBeSigned, PersonCertificate certificate) =>
        (Update, ToBeSigned, Certificate) = (update, toBeSigned, certificate);

    internal PreparedSignature Update { get; }

    internal ToBeSigned ToBeSigned { get; }

    internal PersonCertificate Certificate { get; }

    public static Preparation Prepare(
        ReadOnlyMemory<byte> original, VerifiedApproval approval, PersonCertificate certificate, int tokenBytes, DateTimeOffset signingTime)
    {
        if (approval.Structure.Documents is not [var approved] || approved.Sha256 != Base64Url.EncodeToString(SHA256.HashData(original.Span)))
            return new Preparation.OtherDocument();
        // The upload's cap was checked when the document came.
        if (PdfDocument.Read(original, new PdfLimits { FileBytes = original.Length }) is not PdfRead.Document document)
            return new Preparation.Unsuitable("cannot be read");

        // EN 319 142-1 6.3: M is the claimed time, Reason stays free for commitments.
        var request = new SignatureRequest { ContentsBytes = ContentsSize.For(certificate, tokenBytes), SigningTime = signingTime };
        if (SignatureUpdate.Prepare(document.Value, request) is not SignaturePreparation.Prepared prepared)
            return new Preparation.Unsuitable("cannot take a signature");
        var digest = prepared.Signature.ComputeDigest(HashAlgorithmName.SHA256);
        var toBeSigned = PadesSignature.Build(digest, certificate.Leaf, certificate.Chain, SignatureAlgorithm.EcdsaSha256);
        return new Preparation.Done(new PreparedDocument(prepared.Signature, toBeSigned, certificate));
    }
}
