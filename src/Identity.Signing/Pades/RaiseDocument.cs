using Identity.Pdf.Structure;
using Identity.Signing.Requests;
using Identity.Signing.Revocation;
using Identity.Signing.Timestamps;

namespace Identity.Signing.Pades;

/// <param name="Bytes">As far as it came: readable again by <see cref="SignedDocument"/> or <see cref="TimestampedDocument"/>.</param>
/// <param name="Obstacle">Null when the level is reached.</param>
/// <param name="Detail">A word for the operator.</param>
/// <param name="StampedAt">The time of its signature time-stamp; null while it has none.</param>
public sealed record Raised(DocumentBytes Bytes, FailureReason? Obstacle, string Detail, DateTimeOffset? StampedAt = null);

/// <summary>Brings one signature, from where it stands, to a level: time-stamp, validation data, archive time-stamp, in this order.</summary>
public sealed class RaiseDocument(TimestampClient timestamps, CollectValidationData collect)
{
    public async Task<Raised> Run(SignedDocument document, PadesLevel level, CancellationToken cancellation) => level == PadesLevel.B
        ? new Raised(document.ToBytes(), null, "")
        : await TimestampedDocument.Timestamp(document, timestamps, cancellation) switch
        {
            Timestamping.Done done => await Run(done.Document, level, cancellation),
            Timestamping.Failed failed => new Raised(document.ToBytes(), failed.Reason, failed.Detail),
            _ => throw new InvalidOperationException("A time-stamp is there or not."),
        };

    public async Task<Raised> Run(TimestampedDocument timestamped, PadesLevel level, CancellationToken cancellation)
    {
        if (level == PadesLevel.T)
            return new Raised(timestamped.Bytes, null, "", timestamped.StampedAt);
        switch (await LongTermDocument.Prove(timestamped, collect, cancellation))
        {
            case Proving.Failed failed:
                return new Raised(timestamped.Bytes, failed.Reason, failed.Detail, timestamped.StampedAt);
            case Proving.Done { Document: var longTerm } when level == PadesLevel.LT:
                return new Raised(longTerm.Bytes, null, "", timestamped.StampedAt);
            case Proving.Done { Document: var longTerm }:
                return await ArchivedDocument.Archive(longTerm, timestamps, cancellation) switch
                {
                    Archiving.Done archived => new Raised(archived.Document.Bytes, null, "", timestamped.StampedAt),
                    Archiving.Failed failed => new Raised(longTerm.Bytes, failed.Reason, failed.Detail, timestamped.StampedAt),
                    _ => throw new InvalidOperationException("A document is archived or not."),
                };
            default:
                throw new InvalidOperationException("Validation data are there or not.");
        }
    }
}
