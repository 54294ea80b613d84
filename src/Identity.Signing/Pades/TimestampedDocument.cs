using Identity.Pdf.Signatures;
using Identity.Pkix.Cms;
using Identity.Signing.Requests;
using Identity.Signing.Timestamps;

namespace Identity.Signing.Pades;

public abstract record Timestamping
{
    private Timestamping() { }

    public sealed record Done(TimestampedDocument Document) : Timestamping;

    public sealed record Failed(FailureReason Reason, string Detail) : Timestamping;
}

/// <summary>PAdES-BASELINE-T: the only stage of a signed document that can be written.</summary>
public sealed class TimestampedDocument
{
    private readonly PreparedSignature update;
    private readonly byte[] cms;

    private TimestampedDocument(PreparedSignature update, byte[] cms, DateTimeOffset time) => (this.update, this.cms, Time) = (update, cms, time);

    /// <summary>What the time-stamp says.</summary>
    public DateTimeOffset Time { get; }

    public static async Task<Timestamping> Timestamp(SignedDocument document, TimestampClient timestamps, CancellationToken cancellation)
    {
        switch (await timestamps.Stamp(document.SignatureValue, cancellation))
        {
            case TimestampAnswer.Granted granted:
                var cms = PadesSignature.WithSignatureTimestamp(document.Cms, granted.Token);
                return cms.Length <= document.Update.ReservedBytes
                    ? new Timestamping.Done(new TimestampedDocument(document.Update, cms, granted.Time))
                    : new Timestamping.Failed(FailureReason.SignatureTooLarge, $"{cms.Length} bytes in {document.Update.ReservedBytes}");
            case TimestampAnswer.Failed failed:
                return new Timestamping.Failed(failed.Reason, failed.Detail);
            default:
                throw new InvalidOperationException("A time-stamp is granted or not.");
        }
    }

    public void WriteTo(Stream output)
    {
        if (!update.TryWriteSigned(output, cms))
            throw new InvalidOperationException("The signature outgrew the room that it was measured for.");
    }
}
