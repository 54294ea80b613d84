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
using Identity.Signing.Seals;

namespace Identity.Signing.Pades;

public abstract record Preparation
{
    private Preparation() { }

    public sealed record Done(PreparedDocument Document) : Preparation;

    /// <summary>The bytes are not those that the person approved.</summary>
    public sealed record OtherDocument : Preparation;

    /// <param name="Detail">A word for the operator.</param>
    public sealed record Unsuitable(string Detail) : Preparation
    {
        /// <summary>What the document itself has against it; null when it is something else.</summary>
        public SignatureRefusal? Refusal { get; init; }

        /// <summary>What the field demands, when that is it.</summary>
        public SeedConstraint? Seed { get; init; }
    }
}

/// <summary>
/// The approved document with an empty signature behind it, and the one hash that is left to be signed. For a person, made from bytes whose
/// SHA-256 is in the approval, and from no others.
/// </summary>
public sealed class PreparedDocument
{
    private PreparedDocument(PreparedSignature update, ToBeSigned toBeSigned, Certificate signer, SignatureScheme scheme) =>
        (Update, ToBeSigned, Signer, Scheme) = (update, toBeSigned, signer, scheme);

    internal PreparedSignature Update { get; }

    internal ToBeSigned ToBeSigned { get; }

    internal Certificate Signer { get; }

    internal SignatureScheme Scheme { get; }

    /// <summary>What makes it last may follow although this signature, or an earlier one, permits no changes.</summary>
    internal bool AcceptsNoChangesBehind { get; private init; }

    public static Preparation Prepare(
        DocumentBytes original, VerifiedApproval approval, PersonCertificate certificate, int tokenBytes, DateTimeOffset signingTime, SignatureForm? form = null)
    {
        var sha256 = Base64Url.EncodeToString(original.Digest(HashAlgorithmName.SHA256));
        if (approval.Structure.Documents.All(approved => approved.Sha256 != sha256))
            return new Preparation.OtherDocument();
        // The upload's cap was checked when the document came.
        if (PdfDocument.Read(original, new PdfLimits { FileBytes = original.Length }) is not PdfRead.Document document)
            return new Preparation.Unsuitable("cannot_be_read");
        return Prepare(document.Value, certificate, form ?? SignatureForm.Approval, tokenBytes, signingTime);
    }

    /// <summary>For an organisation's seal: its key is kept, so nothing but who may use it stands before this.</summary>
    public static Preparation ForSeal(DocumentBytes original, OrganisationSeal seal, int tokenBytes, DateTimeOffset signingTime) =>
        PdfDocument.Read(original, new PdfLimits { FileBytes = original.Length }) is PdfRead.Document document
            ? Prepare(document.Value, seal.Certificate, SignatureForm.Approval, tokenBytes, signingTime)
            : new Preparation.Unsuitable("cannot_be_read");

    /// <summary>With a certificate whose key is elsewhere: the hash goes there, the document stays here.</summary>
    public static Preparation ForRemoteKey(DocumentBytes original, PersonCertificate certificate, int tokenBytes, DateTimeOffset signingTime) =>
        PdfDocument.Read(original, new PdfLimits { FileBytes = original.Length }) is PdfRead.Document document
            ? Prepare(document.Value, certificate, SignatureForm.Approval, tokenBytes, signingTime)
            : new Preparation.Unsuitable("cannot_be_read");

    /// <summary>SHA-256 of the signed attributes: all that the key needs to see.</summary>
    public byte[] HashToSign() => ToBeSigned.Hash();

    internal static Preparation Prepare(PdfDocument document, PersonCertificate certificate, SignatureForm form, int tokenBytes, DateTimeOffset signingTime)
    {
        form.Check();
        if (SigningScheme.For(certificate.Leaf) is not { } scheme)
            return new Preparation.Unsuitable("key_of_certificate");
        var content = new PadesContent(default, certificate.Leaf, certificate.Chain) { CommitmentType = form.CommitmentType, Policy = form.Policy, ClaimedRoles = form.ClaimedRoles };
        var digestName = PadesSignature.DocumentDigestAlgorithm(scheme.Algorithm);
        // EN 319 142-1 6.3: M is the claimed time; no Reason beside a commitment or policy.
        var request = new SignatureRequest
        {
            ContentsBytes = ContentsSize.For(scheme, content, tokenBytes),
            SigningTime = signingTime,
            ExistingField = form.ExistingField,
            Certification = form.Certification,
            AcceptsNoChangesBehind = form.AcceptsNoChangesBehind,
            Lock = form.Lock,
            DigestMethod = digestName.Name,
            Extension = scheme.Extension,
            Reason = form.Reason,
            Location = form.Location,
            ContactInfo = form.ContactInfo,
            Appearance = form.Appearance?.Invoke(certificate.Leaf, signingTime),
        };
        var outcome = SignatureUpdate.Prepare(document, request);
        if (outcome is SignaturePreparation.Refused refused)
            return new Preparation.Unsuitable(Requests.SnakeCase.Of(refused.Reason)) { Refusal = refused.Reason, Seed = refused.Seed };
        var update = ((SignaturePreparation.Prepared)outcome).Signature;
        var toBeSigned = PadesSignature.Build(content with { DocumentDigest = update.ComputeDigest(digestName) }, scheme.Algorithm);
        return new Preparation.Done(new PreparedDocument(update, toBeSigned, certificate.Leaf, scheme.Scheme) { AcceptsNoChangesBehind = form.AcceptsNoChangesBehind });
    }
}
