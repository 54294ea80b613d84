using System.Security.Cryptography;
using Identity.Audit;
using Identity.Keys;
using Identity.Pdf.Structure;
using Identity.Signing.Agencies;
using Identity.Signing.Pades;
using Identity.Signing.Requests;
using Identity.Signing.Timestamps;

namespace Identity.Signing.Seals;

public abstract record Sealing
{
    private Sealing() { }

    public sealed record Done(DocumentBytes Document) : Sealing;

    /// <summary>Nothing is given out.</summary>
    /// <param name="Detail">A word for the operator.</param>
    public sealed record Failed(FailureReason Reason, string Detail) : Sealing;
}

/// <summary>
/// Seals a document at the level that was asked for, or not at all: nothing is kept, and who asked may ask again. 1. the beginning is audited; 2. the
/// document is prepared; 3. signed with the organisation's key; 4. raised; 5. the end is audited; and once all seals are made, 6. that the document is
/// given out, before it is.
/// </summary>
public sealed class SealDocument(RaiseDocument raise, TimestampClient timestamps, AuditLog audit, TimeProvider time)
{
    /// <summary>Several seals one after another, each a revision of its own over those before it: the first is never experimental.</summary>
    public async Task<Sealing> Run(DocumentBytes original, IReadOnlyList<OrganisationSeal> seals, Agency agency, PadesLevel level, CancellationToken cancellation)
    {
        if (seals[0].IsExperimental)
            throw new ArgumentException("An experimental seal stands beside another.", nameof(seals));
        Sealing outcome = new Sealing.Done(original);
        foreach (var seal in seals)
        {
            if (outcome is Sealing.Done before)
                outcome = await Run(before.Document, seal, agency, level, cancellation);
        }

        // Once, of what is given out: what a seal before the last made is given to nobody.
        if (outcome is Sealing.Done done)
            audit.Append(new SealedDocumentDelivered(
                string.Join(' ', seals.Select(seal => seal.Name)), agency.ClientId, Convert.ToHexStringLower(done.Document.Digest(HashAlgorithmName.SHA256))));
        return outcome;
    }

    private async Task<Sealing> Run(DocumentBytes original, OrganisationSeal seal, Agency agency, PadesLevel level, CancellationToken cancellation)
    {
        var operation = audit.Begin(new DocumentSealing(seal.Name, agency.ClientId, Convert.ToHexStringLower(original.Digest(HashAlgorithmName.SHA256))));
        Sealing outcome;
        try
        {
            outcome = await Seal(original, seal, level, cancellation);
            // The time-stamp outgrew its room; its size is known now, and a seal, unlike an approval, may sign anew.
            if (outcome is Sealing.Failed { Reason: FailureReason.SignatureTooLarge })
                outcome = await Seal(original, seal, level, cancellation);
        }
        catch
        {
            operation.Complete(AuditOutcome.Failed, "internal_error");
            throw;
        }

        if (outcome is Sealing.Failed failed)
            operation.Complete(AuditOutcome.Failed, SnakeCase.Of(failed.Reason));
        else
            operation.Complete(AuditOutcome.Succeeded);
        return outcome;
    }

    private async Task<Sealing> Seal(DocumentBytes original, OrganisationSeal seal, PadesLevel level, CancellationToken cancellation)
    {
        if (!seal.Certificate.Leaf.IsValidAt(time.GetUtcNow()))
            return new Sealing.Failed(FailureReason.CertificateEnded, "seal");
        switch (PreparedDocument.ForSeal(original, seal, timestamps.ExpectedTokenBytes, timestamps.ClaimedSigningTime()))
        {
            case Preparation.Done done:
                SignedDocument signed;
                try
                {
                    signed = SignedDocument.Sign(done.Document, seal.Key);
                }
                catch (KeyUnavailableException)
                {
                    return new Sealing.Failed(FailureReason.KeyUnavailable, "seal");
                }

                var raised = await raise.Run(signed, level, cancellation);
                return raised.Obstacle is { } obstacle ? new Sealing.Failed(obstacle, raised.Detail) : new Sealing.Done(raised.Bytes);
            case Preparation.Unsuitable unsuitable:
                return new Sealing.Failed(FailureReason.DocumentUnsuitable, unsuitable.Detail);
            default:
                throw new InvalidOperationException("A document is prepared or unsuitable.");
        }
    }
}
