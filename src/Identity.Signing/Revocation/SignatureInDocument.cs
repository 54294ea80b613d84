using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pkix.Asn1;
using Identity.Pkix.Cms;
using Identity.Pkix.Signatures;
using Identity.Pkix.Timestamps;
using Identity.Pkix.X509;

namespace Identity.Signing.Revocation;

/// <summary>
/// A signature or document time-stamp that stands in the newest revision, opened. Facts as far as they are needed to prove it for long: what
/// cannot be read is null.
/// </summary>
internal sealed record SignatureInDocument(SignatureDictionary Dictionary, SignedData? Cms)
{
    private const int MostTimestamps = 16;

    public string Field => Dictionary.FieldName!;

    public bool IsTimestamp => Dictionary.IsDocumentTimestamp;

    /// <summary>The time-stamp token of a document time-stamp.</summary>
    public TimestampToken? Token { get; private init; }

    /// <summary>Tokens over the signature value whose imprint and signature hold.</summary>
    public IReadOnlyList<TimestampToken> SignatureTimestamps { get; private init; } = [];

    public Certificate? Signer { get; private init; }

    public static IReadOnlyList<SignatureInDocument> All(PdfDocument document) =>
    [
        .. document.Signatures
            .Where(signature => signature.FieldName is not null && signature.LastRevisionInForm == document.Revisions.Count)
            .Select(Open),
    ];

    /// <summary>Signed value, digest of the covered bytes, and a range that ends with its revision: without these, nothing later can help.</summary>
    public bool Holds(PdfDocument document)
    {
        if (Dictionary.ByteRange is not ByteRangeCheck.Sound { CoversWholeRevision: true } sound || Cms is null || Signer is null)
            return false;
        if (Token is { } token)
            return Digests.FromOid(token.Info.Imprint.HashAlgorithm.Oid) is { } imprint && token.VerifySignature(Signer) == SignatureCheck.Valid
                && ByteRangeDigest.Compute(document, sound.Range, imprint) is { } covered && covered.AsSpan().SequenceEqual(token.Info.Imprint.Digest.Span);
        return Cms.Signers is [var signer] && HoldsValue(document, sound.Range, signer);
    }

    private bool HoldsValue(PdfDocument document, ByteRange range, SignerInfo signer)
    {
        if (Cms!.Content is not null || Digests.FromOid(signer.DigestAlgorithm.Oid) is not { } digest || ByteRangeDigest.Compute(document, range, digest) is not { } computed)
            return false;
        try
        {
            return signer.SignedAttributesDer is null
                ? signer.VerifySignatureOverContent(Signer!.PublicKey, computed) == SignatureCheck.Valid
                : signer.MessageDigest is { } stated && stated.Span.SequenceEqual(computed) && signer.VerifySignature(Signer!.PublicKey) == SignatureCheck.Valid;
        }
        catch (MalformedException)
        {
            return false;
        }
    }

    private static SignatureInDocument Open(SignatureDictionary dictionary)
    {
        var closed = new SignatureInDocument(dictionary, null);
        try
        {
            if (dictionary.Contents is not SignatureContents.Present contents || SignedData.Parse(contents.Bytes) is not { Signers: [var signer] } cms)
                return closed;
            var certificates = cms.ReadableCertificates();
            // RFC 5035 5.4: the signed reference decides; formats older than it have none.
            var reference = signer.SigningCertificates;
            var certificate = certificates.FirstOrDefault(candidate => signer.Names(candidate) && (reference is not [var first, ..] || first.Matches(candidate) == true));
            return closed with
            {
                Cms = cms,
                Signer = certificate,
                Token = dictionary.IsDocumentTimestamp ? TimestampToken.Parse(cms.Raw) : null,
                SignatureTimestamps = TimestampsOver(signer),
            };
        }
        catch (MalformedException)
        {
            return closed;
        }
    }

    /// <summary>As in <see cref="SignatureTimestamps"/>.</summary>
    public static IReadOnlyList<TimestampToken> TimestampsOver(SignerInfo signer) =>
        [.. signer.SignatureTimestamps.Take(MostTimestamps).Select(raw => Read(raw, signer)).OfType<TimestampToken>()];

    private static TimestampToken? Read(ReadOnlyMemory<byte> raw, SignerInfo over)
    {
        try
        {
            var token = TimestampToken.Parse(raw);
            var holds = Digests.FromOid(token.Info.Imprint.HashAlgorithm.Oid) is { } digest
                && Digests.Compute(digest, over.SignatureValue.Span).AsSpan().SequenceEqual(token.Info.Imprint.Digest.Span)
                && token.SignedData.ReadableCertificates().FirstOrDefault(token.Signer.Names) is { } authority && token.VerifySignature(authority) == SignatureCheck.Valid;
            return holds ? token : null;
        }
        catch (MalformedException)
        {
            // One that cannot be read proves nothing; another one may.
            return null;
        }
    }
}
