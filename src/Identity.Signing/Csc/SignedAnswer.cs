using System.Text.Json.Nodes;
using Identity.Keys;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Pkix.Cms;
using Identity.Signing.Certificates;
using Identity.Signing.Documents;
using Identity.Signing.Pades;
using Identity.Signing.Revocation;
using Identity.Signing.Timestamps;

namespace Identity.Signing.Csc;

/// <summary>One signature that is asked for, its document on disk.</summary>
internal sealed record StagedSignature(byte[] Digest, SignatureFormat Format, PadesLevel Level, DocumentReceived.Staged? Document);

/// <summary>Documents of one call on disk; disposing removes them. What a crash leaves, the sweep of the store removes.</summary>
internal sealed class StagedSignatures(DocumentStore documents) : IDisposable
{
    private readonly List<DocumentBytes> opened = [];

    public List<StagedSignature> All { get; } = [];

    /// <summary>Closed with the others.</summary>
    public DocumentBytes Open(DocumentReceived.Staged staged)
    {
        var bytes = documents.OpenStaged(staged);
        opened.Add(bytes);
        return bytes;
    }

    public void Dispose()
    {
        opened.ForEach(bytes => bytes.Dispose());
        opened.Clear();
        foreach (var signature in All.Where(signature => signature.Document is not null))
            documents.Discard(signature.Document!);
        All.Clear();
    }
}

/// <summary>A signature that was made, not yet at its level.</summary>
/// <param name="InPdf">Null when the CMS stands for itself.</param>
internal sealed record MadeSignature(SignedDocument? InPdf, ReadOnlyMemory<byte> Cms, PadesLevel Level);

/// <summary>What signDoc answers with: documents and signature objects, each in the order of the request, and the validation data for them when asked for.</summary>
internal sealed class SignedAnswer(DocumentStore documents, RaiseDocument raise, TimestampClient timestamps, CollectValidationData collect, SigningSettings settings, TimeProvider time)
{
    private static readonly CscError Unsuitable = CscError.InvalidRequest("Invalid array parameter documents");

    public Task<bool> CanStamp(CancellationToken cancellation) => timestamps.IsWell(cancellation);

    /// <summary>Puts the documents on disk. A PDF that cannot be signed is refused before the approval is used.</summary>
    public async Task<StagedSignatures> Stage(SignDocParameters asked, CancellationToken cancellation)
    {
        var staged = new StagedSignatures(documents);
        try
        {
            foreach (var signature in asked.Asked)
            {
                var document = signature.Document is null ? null : await Receive(signature.Document, cancellation);
                staged.All.Add(new StagedSignature(signature.Digest, signature.Format, signature.Level, document));
                if (document is null || signature.Format != SignatureFormat.Pades)
                    continue;
                using var bytes = documents.OpenStaged(document);
                if (DocumentAcceptance.Check(bytes, new PdfLimits { FileBytes = settings.MaxDocumentBytes }, signature.Level, time.GetUtcNow()) is not null)
                    throw new CscRefusedException(Unsuitable);
            }

            return staged;
        }
        catch
        {
            staged.Dispose();
            throw;
        }
    }

    public List<MadeSignature> Sign(StagedSignatures staged, PersonKey key, PersonCertificate certificate) =>
        [.. staged.All.Select(signature => signature switch
        {
            { Format: SignatureFormat.Cades } =>
                new MadeSignature(null, DigestSignature.MakeDetached(signature.Digest, key.For(signature.Digest), certificate, timestamps.ClaimedSigningTime()), signature.Level),
            { Document: null } => new MadeSignature(null, DigestSignature.Make(signature.Digest, key.For(signature.Digest), certificate), signature.Level),
            _ => new MadeSignature(
                PreparedDocument.Prepare(staged.Open(signature.Document), key.Approval, certificate, timestamps.ExpectedTokenBytes, timestamps.ClaimedSigningTime()) is Preparation.Done prepared
                    ? SignedDocument.Sign(prepared.Document, key.For(signature.Digest))
                    : throw new CscRefusedException(Unsuitable),
                default, signature.Level),
        })];

    public async Task<JsonObject> Of(IReadOnlyList<MadeSignature> made, bool wantsValidationInfo, CancellationToken cancellation)
    {
        var (inDocuments, objects, signatures) = (new JsonArray(), new JsonArray(), new List<ReadOnlyMemory<byte>>());
        foreach (var signature in made)
        {
            if (signature.InPdf is not null)
            {
                var file = await Raise(signature.InPdf, signature.Level, cancellation);
                inDocuments.Add(Convert.ToBase64String(file));
                if (wantsValidationInfo)
                    signatures.Add(LastSignature(file));
            }
            else
            {
                var cms = signature.Level == PadesLevel.T ? await Timestamp(signature.Cms, cancellation) : signature.Cms;
                objects.Add(Convert.ToBase64String(cms.Span));
                signatures.Add(cms);
            }
        }

        var answer = new JsonObject();
        if (inDocuments.Count > 0)
            answer["DocumentWithSignature"] = inDocuments;
        if (objects.Count > 0)
            answer["SignatureObject"] = objects;
        if (wantsValidationInfo)
            answer["validationInfo"] = await ValidationInfo(signatures, cancellation);
        return answer;
    }

    private async Task<DocumentReceived.Staged> Receive(byte[] document, CancellationToken cancellation)
    {
        using var stream = new MemoryStream(document, writable: false);
        return await documents.Receive(stream, cancellation) as DocumentReceived.Staged ?? throw new CscRefusedException(CscError.TooLarge);
    }

    private async Task<byte[]> Raise(SignedDocument signed, PadesLevel level, CancellationToken cancellation) =>
        await raise.Run(signed, level, cancellation) is { Obstacle: null } raised ? raised.Bytes.ToArray() : throw new CscRefusedException(CscError.Unavailable);

    private async Task<ReadOnlyMemory<byte>> Timestamp(ReadOnlyMemory<byte> cms, CancellationToken cancellation) =>
        await timestamps.Stamp(PadesSignature.TimestampedValue(cms), cancellation) is TimestampAnswer.Granted granted
            ? PadesSignature.WithSignatureTimestamp(cms, granted.Token)
            : throw new CscRefusedException(CscError.Unavailable);

    private static ReadOnlyMemory<byte> LastSignature(byte[] file) =>
        PdfDocument.Read(file, new PdfLimits { FileBytes = file.Length }) is PdfRead.Document { Value: var pdf } && SignatureInDocument.All(pdf).LastOrDefault(signature => !signature.IsTimestamp)?.Cms is { } cms
            ? cms.Raw
            : throw new InvalidOperationException("A document that was signed has no signature.");

    // 11.11 validationInfo: as what is kept with a signature, each item in base64 of its DER.
    private async Task<JsonObject> ValidationInfo(IReadOnlyList<ReadOnlyMemory<byte>> signatures, CancellationToken cancellation)
    {
        if (await collect.ForSignatures(signatures, cancellation) is not ValidationDataCollected.Complete { Data: var data })
            throw new CscRefusedException(CscError.Unavailable);
        static JsonArray Encoded(IEnumerable<ReadOnlyMemory<byte>> items) => new([.. items.Select(item => JsonValue.Create(Convert.ToBase64String(item.Span)))]);
        return new JsonObject { ["ocsp"] = Encoded(data.OcspResponses), ["crl"] = Encoded(data.Crls), ["certificates"] = Encoded(data.Certificates) };
    }
}
