using Identity.Pdf.Structure;
using System.Security.Cryptography;
using Identity.Pdf.Signatures;
using Identity.Signing.Requests;
using Identity.Signing.Timestamps;

namespace Identity.Signing.Pades;

public abstract record Archiving
{
    private Archiving() { }

    public sealed record Done(ArchivedDocument Document) : Archiving;

    public sealed record Failed(FailureReason Reason, string Detail) : Archiving;
}

/// <summary>PAdES-BASELINE-LTA: a document time-stamp covers everything, the validation data above all.</summary>
public sealed class ArchivedDocument
{
    private const int Step = 512;

    private ArchivedDocument(GrowingDocument document) => Document = document;

    internal GrowingDocument Document { get; }

    public DocumentBytes Bytes => Document.Bytes;

    /// <summary>On failure the long-term document is as it was, and can be tried again.</summary>
    public static async Task<Archiving> Archive(LongTermDocument longTerm, TimestampClient timestamps, CancellationToken cancellation) =>
        await Append(longTerm.Document, timestamps, longTerm.DespiteCertification, cancellation) is { } failed ? failed : new Archiving.Done(new ArchivedDocument(longTerm.Document));

    /// <summary>Appends a document time-stamp (EN 319 142-1 5.4.3); null when it is there, otherwise why not, and nothing was appended.</summary>
    internal static async Task<Archiving.Failed?> Append(GrowingDocument growing, TimestampClient timestamps, bool despiteCertification, CancellationToken cancellation)
    {
        var failed = await TryAppend(growing, timestamps, despiteCertification, cancellation);
        // The token outgrew what the last ones let expect. Now its size is known, and nothing was appended: with room for it, once more.
        return failed?.Reason == FailureReason.SignatureTooLarge ? await TryAppend(growing, timestamps, despiteCertification, cancellation) : failed;
    }

    private static async Task<Archiving.Failed?> TryAppend(GrowingDocument growing, TimestampClient timestamps, bool despiteCertification, CancellationToken cancellation)
    {
        if (growing.Read() is not { } document)
            return new(FailureReason.DocumentUnsuitable, "too_complex");
        var room = (timestamps.ExpectedTokenBytes + Step - 1) / Step * Step;
        switch (SignatureUpdate.Prepare(document, new SignatureRequest { Kind = SignatureKind.DocumentTimestamp, ContentsBytes = room, DespiteCertification = despiteCertification }))
        {
            case SignaturePreparation.Refused refused:
                return new(FailureReason.DocumentUnsuitable, SnakeCase.Of(refused.Reason));
            case SignaturePreparation.Prepared { Signature: var prepared }:
                switch (await timestamps.StampDigest(prepared.ComputeDigest(HashAlgorithmName.SHA256), cancellation))
                {
                    case TimestampAnswer.Failed failed:
                        return new(failed.Reason, failed.Detail);
                    case TimestampAnswer.Granted granted when prepared.SignedTail(granted.Token.Span) is { } tail:
                        growing.Append(tail);
                        return null;
                    default:
                        return new(FailureReason.SignatureTooLarge, $"token_in_{room}_bytes");
                }
            default:
                throw new InvalidOperationException("A time-stamp is prepared or refused.");
        }
    }
}
