namespace Identity.Signing.Revocation;

/// <summary>
/// The times in a document whose authorities are proved too: good when something newer stamped over them, or now. Asked of the newest document
/// time-stamp first. Not for use by several threads.
/// </summary>
internal sealed class ProvenTimes(ValidationDataCollection collection, CountedTimes counted, DateTimeOffset now)
{
    private readonly List<(SignatureInDocument Of, DateTimeOffset Time)> proven = [];
    private ValidationDataCollected.Incomplete? lost;

    public bool Any => proven.Count > 0;

    /// <summary>Why there is no time, by the first time-stamp that fell away.</summary>
    public ValidationDataCollected.Incomplete Missing => (lost ?? new(ProofRefusal.ChainNotTrusted, "timestamping")) with { LacksTime = true };

    /// <summary>The earliest moment at which this signature is known to have existed.</summary>
    public DateTimeOffset? Earliest(SignatureInDocument signature) => Earliest(Covering(signature).Concat(proven.Where(one => ReferenceEquals(one.Of, signature))));

    /// <summary>Null, or why nothing can be said now.</summary>
    public async Task<ValidationDataCollected.Incomplete?> Prove(SignatureInDocument stamped)
    {
        var before = Earliest(Covering(stamped)) ?? now;
        foreach (var token in counted.Of(stamped))
        {
            var refusal = await collection.Prove(CountedTimes.Authority(token)!, token.SignedData.Certificates, before);
            if (refusal is null)
                proven.Add((stamped, token.Info.Time));
            else if (!IsForGood(refusal.Reason))
                return refusal;
            lost ??= refusal;
        }

        return null;
    }

    private IEnumerable<(SignatureInDocument Of, DateTimeOffset Time)> Covering(SignatureInDocument signature) =>
        proven.Where(one => one.Of.IsTimestamp && one.Of.Dictionary.Revision > signature.Dictionary.Revision);

    private static DateTimeOffset? Earliest(IEnumerable<(SignatureInDocument Of, DateTimeOffset Time)> times) => times.Select(one => (DateTimeOffset?)one.Time).Min();

    // A source that does not answer may do so later, and what its answer would have proved must not be given up for that.
    private static bool IsForGood(ProofRefusal reason) => reason is ProofRefusal.Revoked or ProofRefusal.ChainNotTrusted or ProofRefusal.SourceMissing or ProofRefusal.SourceNotAllowed;
}
