using Identity.Pdf.Structure;
using Identity.Pdf.Signatures;
using Identity.Pkix.Cms;
using Identity.Pkix.X509;
using Identity.Signing.Requests;
using Identity.Signing.Revocation;
using Identity.Signing.Timestamps;

namespace Identity.Signing.Pades;

public abstract record Timestamping
{
    private Timestamping() { }

    public sealed record Done(TimestampedDocument Document) : Timestamping;

    public sealed record Failed(FailureReason Reason, string Detail) : Timestamping;
}

/// <summary>PAdES-BASELINE-T: the signatures of these fields are known to have existed at a time.</summary>
public sealed class TimestampedDocument
{
    private TimestampedDocument(GrowingDocument document, IReadOnlyCollection<string> fields, Certificate signer) => (Document, Fields, Signer) = (document, fields, signer);

    internal GrowingDocument Document { get; }

    /// <summary>Fields of the signatures and document time-stamps that are to be proved for long.</summary>
    internal IReadOnlyCollection<string> Fields { get; }

    /// <summary>What the caller has to prove them with, beside what the document holds.</summary>
    internal ValidationData Given { get; private init; } = ValidationData.None;

    /// <summary>The permission to go on behind a certification that permits no changes.</summary>
    internal bool DespiteCertification { get; private init; }

    /// <summary>When the last signature was time-stamped by itself; null where one time-stamp is for several.</summary>
    internal DateTimeOffset? StampedAt { get; private init; }

    /// <summary>Who signed last.</summary>
    public Certificate Signer { get; }

    public DocumentBytes Bytes => Document.Bytes;

    /// <summary>A document of this level, read again; null when its last signature is not time-stamped or does not hold.</summary>
    internal static TimestampedDocument? Reopen(GrowingDocument document) =>
        document.Read() is { } pdf && SignatureInDocument.All(pdf).LastOrDefault(signature => !signature.IsTimestamp) is { SignatureTimestamps.Count: > 0 } last && last.Holds(pdf)
            ? new TimestampedDocument(document, [last.Field], last.Signer!)
            {
                DespiteCertification = SignatureUpdate.PermitsNoChanges(pdf), StampedAt = last.SignatureTimestamps.Min(token => token.Info.Time),
            }
            : null;

    /// <summary>
    /// Every signature of a document that somebody signed: those without a time-stamp that counts are covered by one document time-stamp for all of
    /// them, and a document of nothing but time-stamps that do not count gets one that does.
    /// </summary>
    internal static async Task<Timestamping> TimestampAll(OpenedDocument opened, CountedTimes times, TimestampClient timestamps, CancellationToken cancellation)
    {
        var stamps = opened.Signatures.Where(signature => signature.IsTimestamp && times.Of(signature).Count > 0).ToList();
        var signatures = opened.Signatures.Where(signature => !signature.IsTimestamp).ToList();
        var lacks = signatures.Count == 0 ? stamps.Count == 0 : signatures.Any(signature =>
            times.Of(signature).Count == 0 && !stamps.Any(stamp => stamp.Dictionary.Revision > signature.Dictionary.Revision));
        return lacks ? await TimestampAnew(opened, timestamps, cancellation) : Reread(opened);
    }

    /// <summary>One document time-stamp over all, whatever times there are.</summary>
    internal static async Task<Timestamping> TimestampAnew(OpenedDocument opened, TimestampClient timestamps, CancellationToken cancellation) =>
        await ArchivedDocument.Append(opened.Document, timestamps, opened.DespiteCertification, cancellation) is { } failed
            ? new Timestamping.Failed(failed.Reason, failed.Detail) : Reread(opened);

    private static Timestamping Reread(OpenedDocument opened)
    {
        if (opened.Document.Read() is not { } pdf)
            return new Timestamping.Failed(FailureReason.DocumentUnsuitable, "too_complex");
        return new Timestamping.Done(new TimestampedDocument(opened.Document, [.. SignatureInDocument.All(pdf).Select(signature => signature.Field)], opened.Signatures[^1].Signer!)
        {
            Given = opened.Given,
            DespiteCertification = opened.DespiteCertification,
        });
    }

    public static async Task<Timestamping> Timestamp(SignedDocument document, TimestampClient timestamps, CancellationToken cancellation)
    {
        switch (await timestamps.Stamp(document.SignatureValue, cancellation))
        {
            case TimestampAnswer.Granted granted:
                var cms = PadesSignature.WithSignatureTimestamp(document.Cms, granted.Token);
                if (document.Update.SignedTail(cms) is not { } tail)
                    return new Timestamping.Failed(FailureReason.SignatureTooLarge, $"{cms.Length} bytes in {document.Update.ReservedBytes}");
                var growing = new GrowingDocument(document.Update.Original);
                growing.Append(tail);
                return new Timestamping.Done(new TimestampedDocument(growing, [document.Update.FieldName], document.Signer)
                {
                    DespiteCertification = document.AcceptsNoChangesBehind, StampedAt = granted.Time,
                });
            case TimestampAnswer.Failed failed:
                return new Timestamping.Failed(failed.Reason, failed.Detail);
            default:
                throw new InvalidOperationException("A time-stamp is granted or not.");
        }
    }
}
