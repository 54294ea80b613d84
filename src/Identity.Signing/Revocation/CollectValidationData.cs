using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pkix.Cms;
using Identity.Pkix.X509;
using Identity.Signing.Certificates;

namespace Identity.Signing.Revocation;

public abstract record ValidationDataCollected
{
    private ValidationDataCollected() { }

    /// <summary>All that the signatures asked for need, what the document holds already included.</summary>
    public sealed record Complete(ValidationData Data) : ValidationDataCollected;

    /// <param name="Detail">A word for the operator.</param>
    public sealed record Incomplete(ProofRefusal Reason, string Detail) : ValidationDataCollected
    {
        /// <summary>No time-stamp of a signature stands: with another one, now, it may be proved.</summary>
        public bool LacksTime { get; init; }
    }
}

/// <summary>
/// Finds what makes signatures provable when nobody can be asked any more (EN 319 142-1 6.3, level LT): the chain of each signer and time-stamp
/// to a configured root, and for each certificate below it an OCSP answer or a CRL, checked here, for what is stored wrong stays wrong. What the
/// document holds is used where it serves; the rest is asked from <see cref="StatusSources"/>, and from nowhere else.
/// </summary>
public sealed class CollectValidationData(TrustedChain trust, StatusClient client, SigningSettings settings, TimeProvider time)
{
    internal CountedTimes Times(IReadOnlyList<SignatureInDocument> all, KnownCertificates known) => CountedTimes.In(all, known, trust);

    /// <summary>
    /// For the signatures and document time-stamps of these fields, and the document time-stamps behind them. A time-stamp that does not count, or whose
    /// certificate cannot be proved, is as if it were not there.
    /// </summary>
    /// <param name="given">What the caller has beside what the document holds: judged like that.</param>
    public async Task<ValidationDataCollected> ForFields(PdfDocument document, IReadOnlyCollection<string> fields, ValidationData given, CancellationToken cancellation)
    {
        bool IsWanted(SignatureInDocument signature) => fields.Contains(signature.Field);
        var all = SignatureInDocument.All(document);
        var oldest = all.Where(IsWanted).Select(signature => signature.Dictionary.Revision).DefaultIfEmpty(int.MaxValue).Min();
        var collection = new ValidationDataCollection(trust, client, settings.StatusSources, time.GetUtcNow(), cancellation);
        collection.Know(document, all, given);
        var times = new ProvenTimes(collection, Times(all, KnownCertificates.In(document, all, given)), time.GetUtcNow());
        // The newest first: what it proves decides by when an older one must have held.
        foreach (var stamp in all.Where(signature => signature.IsTimestamp && (IsWanted(signature) || signature.Dictionary.Revision > oldest)).OrderByDescending(stamp => stamp.Dictionary.Revision))
        {
            if (await times.Prove(stamp) is { } refusal)
                return refusal;
        }

        foreach (var signature in all.Where(signature => !signature.IsTimestamp && IsWanted(signature)))
        {
            if (await ProveSigner(signature, times, collection) is { } refusal)
                return refusal;
        }

        // Nothing but document time-stamps, and none of them stands.
        return times.Any || all.Any(signature => !signature.IsTimestamp && IsWanted(signature)) ? new ValidationDataCollected.Complete(collection.Finish()) : times.Missing;
    }

    /// <summary>For signatures of this service that stand in no document, or are not to be proved in theirs.</summary>
    /// <param name="signatures">DER of each CMS, with what the service put in.</param>
    /// <param name="cancellation">Ends the wait for sources.</param>
    public async Task<ValidationDataCollected> ForSignatures(IReadOnlyList<ReadOnlyMemory<byte>> signatures, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var collection = new ValidationDataCollection(trust, client, settings.StatusSources, now, cancellation);
        foreach (var cms in signatures.Select(SignedData.Parse))
        {
            var tokens = SignatureInDocument.TimestampsOver(cms.Signers[0]).Where(token => CountedTimes.Counts(token, new KnownCertificates(), trust)).ToList();
            collection.Know(tokens.Select(token => token.SignedData).Append(cms));
            if (await collection.Prove(cms.ReadableCertificates().First(cms.Signers[0].Names), cms.Certificates, tokens.Select(token => token.Info.Time).DefaultIfEmpty(now).Min()) is { } refusal)
                return refusal;
            foreach (var token in tokens)
            {
                if (await collection.Prove(token.SignedData.ReadableCertificates().First(token.Signer.Names), token.SignedData.Certificates, now) is { } timestampRefusal)
                    return timestampRefusal;
            }
        }

        return new ValidationDataCollected.Complete(collection.Finish());
    }

    private static async Task<ValidationDataCollected.Incomplete?> ProveSigner(SignatureInDocument signature, ProvenTimes times, ValidationDataCollection collection)
    {
        if (signature.Cms is not { } cms)
            return new(ProofRefusal.SignatureUnusable, "cms_unreadable");
        if (signature.Signer is not { } signer)
            return new(ProofRefusal.CertificateMissing, "signer");
        if (await times.Prove(signature) is { } refusal)
            return refusal;
        // EN 319 102-1 5.5.4 (2): the earliest moment that a time-stamp proves. By now a certificate may have been revoked that was good then.
        return times.Earliest(signature) is { } existedAt ? await collection.Prove(signer, cms.Certificates, existedAt) : times.Missing;
    }
}
