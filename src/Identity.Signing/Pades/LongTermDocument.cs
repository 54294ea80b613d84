using Identity.Pdf.Structure;
using Identity.Pdf.Signatures;
using Identity.Signing.Requests;
using Identity.Signing.Revocation;

namespace Identity.Signing.Pades;

public abstract record Proving
{
    private Proving() { }

    public sealed record Done(LongTermDocument Document) : Proving;

    /// <param name="LacksTime">Another time-stamp may help.</param>
    public sealed record Failed(FailureReason Reason, string Detail, bool LacksTime = false) : Proving;
}

/// <summary>PAdES-BASELINE-LT: the document holds chain and status of each certificate of its signatures and their time-stamps.</summary>
public sealed class LongTermDocument
{
    private LongTermDocument(GrowingDocument document) => Document = document;

    internal bool DespiteCertification { get; private init; }

    internal GrowingDocument Document { get; }

    public DocumentBytes Bytes => Document.Bytes;

    /// <summary>On failure the time-stamped document is as it was, and can be tried again.</summary>
    public static async Task<Proving> Prove(TimestampedDocument timestamped, CollectValidationData collect, CancellationToken cancellation)
    {
        if (timestamped.Document.Read() is not { } document)
            return new Proving.Failed(FailureReason.DocumentUnsuitable, "too_complex");
        return await collect.ForFields(document, timestamped.Fields, timestamped.Given, cancellation) switch
        {
            ValidationDataCollected.Complete complete => Store(timestamped, document, complete.Data),
            ValidationDataCollected.Incomplete incomplete => new Proving.Failed(ReasonOf(incomplete.Reason), SnakeCase.Of(incomplete.Reason) + "_" + incomplete.Detail, incomplete.LacksTime),
            _ => throw new InvalidOperationException("Validation data are complete or not."),
        };
    }

    private static Proving Store(TimestampedDocument timestamped, Pdf.Structure.PdfDocument document, ValidationData data)
    {
        switch (SecurityStoreUpdate.Prepare(document, data))
        {
            case SecurityStoreAddition.Refused refused:
                return new Proving.Failed(FailureReason.DocumentUnsuitable, SnakeCase.Of(refused.Reason));
            case SecurityStoreAddition.Appended appended:
                timestamped.Document.Append(appended.Tail);
                break;
        }

        return new Proving.Done(new LongTermDocument(timestamped.Document) { DespiteCertification = timestamped.DespiteCertification });
    }

    internal static FailureReason ReasonOf(ProofRefusal refusal) => refusal switch
    {
        ProofRefusal.SourceUnavailable => FailureReason.StatusUnavailable,
        ProofRefusal.AnswerRefused => FailureReason.StatusRefused,
        ProofRefusal.Revoked => FailureReason.CertificateRevoked,
        _ => FailureReason.ProofRefused,
    };
}
