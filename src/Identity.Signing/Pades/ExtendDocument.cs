using Identity.Pdf.Structure;
using Identity.Signing.Requests;
using Identity.Signing.Revocation;
using Identity.Signing.Timestamps;

namespace Identity.Signing.Pades;

public abstract record Extended
{
    private Extended() { }

    /// <param name="Document">The document as given, with revisions behind it.</param>
    public sealed record Done(DocumentBytes Document) : Extended;

    /// <summary>Nothing was changed.</summary>
    /// <param name="Detail">A word for the operator.</param>
    public sealed record Failed(FailureReason Reason, string Detail) : Extended;
}

/// <summary>
/// Raises all signatures of a document, own and strangers', to a level at once: one security store and one document time-stamp serve them all. On
/// a document that has been archived before, this renews the archive: the store gets what proves the last document time-stamp, and a new one
/// covers everything.
/// </summary>
public sealed class ExtendDocument(TimestampClient timestamps, CollectValidationData collect)
{
    public async Task<Extended> Run(OpenedDocument opened, PadesLevel level, CancellationToken cancellation)
    {
        if (level == PadesLevel.B)
            throw new ArgumentException("Every signature has level B.", nameof(level));
        // 1. The time at which each signature existed, where none is proven yet: what comes later is judged by it.
        switch (await TimestampedDocument.TimestampAll(opened, collect.Times(opened.Signatures, opened.Known), timestamps, cancellation))
        {
            case Timestamping.Failed failed:
                return new Extended.Failed(failed.Reason, failed.Detail);
            case Timestamping.Done { Document: var timestamped } when level == PadesLevel.T:
                return new Extended.Done(timestamped.Bytes);
            case Timestamping.Done { Document: var timestamped }:
                return await Prove(opened, timestamped, level, cancellation);
            default:
                throw new InvalidOperationException("Time-stamps are there or not.");
        }
    }

    private async Task<Extended> Prove(OpenedDocument opened, TimestampedDocument timestamped, PadesLevel level, CancellationToken cancellation)
    {
        // 2. What proves signers, time-stamps and document time-stamps, those from before too.
        var proving = await LongTermDocument.Prove(timestamped, collect, cancellation);
        // The times that it had stand no more: a signer that is good still can be proved with a new one. Once, for a second would be worth no more.
        if (proving is Proving.Failed { LacksTime: true })
        {
            proving = await TimestampedDocument.TimestampAnew(opened, timestamps, cancellation) switch
            {
                Timestamping.Done { Document: var anew } => await LongTermDocument.Prove(anew, collect, cancellation),
                Timestamping.Failed failed => new Proving.Failed(failed.Reason, failed.Detail),
                _ => throw new InvalidOperationException("Time-stamps are there or not."),
            };
        }

        switch (proving)
        {
            case Proving.Failed failed:
                return new Extended.Failed(failed.Reason, failed.Detail);
            case Proving.Done { Document: var longTerm } when level == PadesLevel.LT:
                return new Extended.Done(longTerm.Bytes);
            case Proving.Done { Document: var longTerm }:
                // 3. One time-stamp over all of it.
                return await ArchivedDocument.Archive(longTerm, timestamps, cancellation) switch
                {
                    Archiving.Done archived => new Extended.Done(archived.Document.Bytes),
                    Archiving.Failed failed => new Extended.Failed(failed.Reason, failed.Detail),
                    _ => throw new InvalidOperationException("A document is archived or not."),
                };
            default:
                throw new InvalidOperationException("Validation data are there or not.");
        }
    }
}
