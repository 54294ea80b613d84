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

    /// <summary>Fields of the signatures that are to be proved for long.</summary>
    internal IReadOnlyCollection<string> Fields { get; }

    /// <summary>Who signed last.</summary>
    public Certificate Signer { get; }

    public ReadOnlyMemory<byte> Bytes => Document.Bytes;

    /// <summary>A document of this level, read again; null when its last signature is not time-stamped or does not hold.</summary>
    internal static TimestampedDocument? Reopen(GrowingDocument document) =>
        document.Read() is { } pdf && SignatureInDocument.All(pdf).LastOrDefault(signature => !signature.IsTimestamp) is { SignatureTimestamps.Count: > 0 } last && last.Holds(pdf)
            ? new TimestampedDocument(document, [last.Field], last.Signer!)
            : null;

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
                return new Timestamping.Done(new TimestampedDocument(growing, [document.Update.FieldName], document.Signer));
            case TimestampAnswer.Failed failed:
                return new Timestamping.Failed(failed.Reason, failed.Detail);
            default:
                throw new InvalidOperationException("A time-stamp is granted or not.");
        }
    }
}
