using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pkix.Asn1;
using Identity.Pkix.Crl;
using Identity.Pkix.Ocsp;
using Identity.Pkix.Status;
using Identity.Pkix.X509;
using Identity.Signing.Certificates;

namespace Identity.Signing.Revocation;

/// <summary>What one document needs, as it comes together. Not for use by several threads.</summary>
internal sealed class ValidationDataCollection(TrustedChain trust, StatusClient client, StatusSources sources, DateTimeOffset now, CancellationToken cancellation)
{
    /// <summary>Requests to status sources for one document.</summary>
    public const int MostRequests = 32;

    /// <summary>Answers that a document may bring along; more are left aside.</summary>
    public const int MostKnown = KnownCertificates.Most;

    /// <summary>A responder whose certificate needs a status, whose signer needs one ... ends here.</summary>
    private const int MostResponders = 3;

    private readonly KnownCertificates pool = new();
    private readonly List<(ReadOnlyMemory<byte> Encoded, BasicOcspResponse Response)> knownAnswers = [];
    private readonly List<CertificateRevocationList> knownLists = [];
    private readonly Dictionary<string, CertificateRevocationList> fetchedLists = new(StringComparer.Ordinal);
    private readonly Dictionary<(Certificate Certificate, DateTimeOffset ExistedAt), ValidationDataCollected.Incomplete?> asked = [];
    private readonly Found found = new();
    private int requests;

    private sealed class Found
    {
        public List<ReadOnlyMemory<byte>> Certificates { get; } = [];
        public List<ReadOnlyMemory<byte>> Answers { get; } = [];
        public List<ReadOnlyMemory<byte>> Lists { get; } = [];

        public static void Add(List<ReadOnlyMemory<byte>> list, ReadOnlyMemory<byte> item)
        {
            if (!list.Any(other => other.Span.SequenceEqual(item.Span)))
                list.Add(item);
        }
    }

    /// <summary>Everything that the document and the caller bring: each item is judged where it is needed.</summary>
    public void Know(PdfDocument document, IEnumerable<SignatureInDocument> signatures, ValidationData given)
    {
        var store = document.Latest.SecurityStore;
        pool.KnowStored(document, given);
        foreach (var raw in (store?.OcspResponses ?? []).Concat(store?.Entries.SelectMany(entry => entry.OcspResponses) ?? []).Select(stream => stream.Bytes).Concat(given.OcspResponses))
            KnowAnswer(raw);
        foreach (var raw in (store?.Crls ?? []).Concat(store?.Entries.SelectMany(entry => entry.Crls) ?? []).Select(stream => stream.Bytes).Concat(given.Crls))
            KnowList(raw);
        Know(signatures.SelectMany(signature => signature.SignatureTimestamps.Select(token => token.SignedData).Append(signature.Cms)).OfType<Pkix.Cms.SignedData>());
    }

    /// <summary>The same of signatures and time-stamp tokens.</summary>
    public void Know(IEnumerable<Pkix.Cms.SignedData> signatures)
    {
        foreach (var cms in signatures)
        {
            pool.Know(cms.Certificates);
            foreach (var raw in cms.OcspResponses.Concat(cms.Signers.SelectMany(Archived).SelectMany(archived => archived.OcspResponses)))
                KnowAnswer(raw);
            foreach (var raw in cms.Crls.Concat(cms.Signers.SelectMany(Archived).SelectMany(archived => archived.Crls)))
                KnowList(raw);
        }
    }

    /// <summary>Certificates that may be issuers, also of responders.</summary>
    public void Know(IEnumerable<Certificate> certificates) => pool.Know(certificates.Select(certificate => certificate.Raw));

    public ValidationData Finish() => new(found.Certificates, found.Answers, found.Lists);

    /// <summary>Proves a certificate and those above it up to a configured root; null when all is found.</summary>
    /// <param name="existedAt">When what it signed is known to have existed.</param>
    public async Task<ValidationDataCollected.Incomplete?> Prove(Certificate leaf, IEnumerable<ReadOnlyMemory<byte>> enclosed, DateTimeOffset existedAt, int responders = 0)
    {
        if (asked.TryGetValue((leaf, existedAt), out var before))
            return before;
        // A responder that stands for itself is not asked about again while it is being asked about.
        asked[(leaf, existedAt)] = null;
        return asked[(leaf, existedAt)] = await ProveAnew(leaf, enclosed, existedAt, responders);
    }

    private async Task<ValidationDataCollected.Incomplete?> ProveAnew(Certificate leaf, IEnumerable<ReadOnlyMemory<byte>> enclosed, DateTimeOffset existedAt, int responders)
    {
        var possible = enclosed.Concat(pool.Above(leaf).Select(issuer => issuer.Raw));
        // The chain must have held when the signature was made; a certificate that ended since is what all this is for.
        if (trust.Path(leaf.Raw, possible, existedAt) is not { } path)
            return new(ProofRefusal.ChainNotTrusted, Word(leaf));
        foreach (var certificate in path)
            Found.Add(found.Certificates, certificate.Raw);
        for (var i = 0; i + 1 < path.Count; i++)
        {
            if (await ProveStatus(path[i], path[i + 1], existedAt, responders) is { } refusal)
                return refusal;
        }

        return null;
    }

    private async Task<ValidationDataCollected.Incomplete?> ProveStatus(Certificate certificate, Certificate issuer, DateTimeOffset existedAt, int responders)
    {
        // RFC 6960 4.2.2.2.1: the issuer vouches for its responder until the responder's certificate ends.
        if (CertificateStatusProof.IsNotNeeded(certificate) || (responders > 0 && certificate.Facts.OcspNoCheck))
            return null;
        // 1. What is at hand and was known after the signature: nothing newer says more. A revocation that is at hand is believed too.
        var known = Known(certificate, issuer).ToList();
        if (known.Any(item => CertificateStatusProof.Judge(item.Reading, existedAt, now) == ProofRefusal.Revoked))
            return new(ProofRefusal.Revoked, Word(certificate));
        var later = known.Find(item => CertificateStatusProof.IsLater(item.Reading, existedAt) && CertificateStatusProof.Judge(item.Reading, existedAt, now) is null);
        if (later is not null)
            return await Keep(later, responders);
        // 2. What a source says now.
        var (fetched, refusal) = await Ask(certificate, issuer, existedAt);
        if (fetched is not null)
            return await Keep(fetched, responders);
        if (refusal!.Reason == ProofRefusal.Revoked)
            return refusal;
        // 3. What is at hand and was still good when the signature was made: a certificate that has ended may have no source any more.
        return known.Find(item => CertificateStatusProof.Judge(item.Reading, existedAt, now) is null) is { } older ? await Keep(older, responders) : refusal;
    }

    private sealed record Item(ReadOnlyMemory<byte> Encoded, StatusReading Reading, bool IsList, IReadOnlyList<ReadOnlyMemory<byte>> Enclosed, DateTimeOffset ProducedAt);

    private IEnumerable<Item> Known(Certificate certificate, Certificate issuer) =>
        knownAnswers.Select(answer => Of(answer.Encoded, answer.Response, certificate, issuer))
            .Concat(knownLists.Select(list => Of(list, certificate, issuer)))
            .Where(item => item.Reading is StatusReading.Answer);

    private static Item Of(ReadOnlyMemory<byte> encoded, BasicOcspResponse response, Certificate certificate, Certificate issuer) =>
        new(encoded, StatusReading.Of(response, certificate, issuer), false, response.Certificates, response.ProducedAt);

    private static Item Of(CertificateRevocationList list, Certificate certificate, Certificate issuer) =>
        new(list.Raw, StatusReading.Of(list, certificate, issuer), true, [], list.ThisUpdate);

    /// <summary>Puts the item among what was found, and proves who signed it when that was a delegated responder.</summary>
    private async Task<ValidationDataCollected.Incomplete?> Keep(Item item, int responders)
    {
        Found.Add(item.IsList ? found.Lists : found.Answers, item.Encoded);
        var signer = ((StatusReading.Answer)item.Reading).Signer;
        if (item.IsList || found.Certificates.Any(known => known.Span.SequenceEqual(signer.Raw.Span)))
            return null;
        return responders == MostResponders
            ? new(ProofRefusal.TooMuch, "responders")
            : await Prove(signer, item.Enclosed, item.ProducedAt, responders + 1);
    }

    private async Task<(Item? Item, ValidationDataCollected.Incomplete? Refusal)> Ask(Certificate certificate, Certificate issuer, DateTimeOffset existedAt)
    {
        var ocsp = certificate.Facts.OcspUris.Select(uri => (Uri: uri, IsList: false));
        var lists = certificate.Facts.CrlDistributionPoints.SelectMany(point => point.Uris).Select(uri => (Uri: uri, IsList: true));
        var worst = new ValidationDataCollected.Incomplete(ProofRefusal.SourceMissing, Word(certificate));
        foreach (var (uri, isList) in ocsp.Concat(lists))
        {
            if (!Uri.TryCreate(uri, UriKind.Absolute, out var address) || !sources.Allows(address))
            {
                if (worst.Reason == ProofRefusal.SourceMissing)
                    worst = new(ProofRefusal.SourceNotAllowed, Word(certificate));
                continue;
            }
            if (++requests > MostRequests)
                return (null, new(ProofRefusal.TooMuch, "requests"));
            switch (isList ? await List(address) : await client.Ask(address, certificate, issuer, cancellation))
            {
                case StatusAnswer.Unavailable unavailable:
                    worst = new(ProofRefusal.SourceUnavailable, unavailable.Detail);
                    continue;
                case StatusAnswer.Refused refused:
                    if (worst.Reason != ProofRefusal.SourceUnavailable)
                        worst = new(ProofRefusal.AnswerRefused, refused.Detail);
                    continue;
                case StatusAnswer answer:
                    var item = answer is StatusAnswer.Ocsp response
                        ? Of(response.Encoded, response.Response, certificate, issuer)
                        : Of(((StatusAnswer.List)answer).Value, certificate, issuer);
                    // Asked now, so it must be good now: an answer that has run out is a replayed one.
                    var judged = IsOutdated(item.Reading) ? ProofRefusal.AnswerRefused : CertificateStatusProof.Judge(item.Reading, existedAt, now);
                    if (judged is null)
                    {
                        if (answer is StatusAnswer.Ocsp good)
                            knownAnswers.Add((good.Encoded, good.Response));
                        return (item, null);
                    }
                    if (judged == ProofRefusal.Revoked)
                        return (null, new(ProofRefusal.Revoked, Word(certificate)));
                    worst = new(ProofRefusal.AnswerRefused, item.Reading is StatusReading.Unusable unusable ? Requests.SnakeCase.Of(unusable.Defect) : "not_good");
                    continue;
            }
        }

        return (null, worst);
    }

    private bool IsOutdated(StatusReading reading) =>
        reading is StatusReading.Answer answer && (answer.NextUpdate ?? answer.ThisUpdate + CertificateStatusProof.Freshness) < now - CertificateStatusProof.ClockSkew;

    // One list speaks of several certificates; it is fetched once.
    private async Task<StatusAnswer> List(Uri address)
    {
        if (fetchedLists.TryGetValue(address.AbsoluteUri, out var list))
            return new StatusAnswer.List(list);
        var answer = await client.Fetch(address, cancellation);
        if (answer is StatusAnswer.List fetched)
            fetchedLists.Add(address.AbsoluteUri, fetched.Value);
        return answer;
    }

    private void KnowAnswer(ReadOnlyMemory<byte> raw)
    {
        if (knownAnswers.Count < MostKnown && Read(() => OcspResponse.Parse(raw).Basic) is { } response)
            knownAnswers.Add((raw, response));
    }

    private void KnowList(ReadOnlyMemory<byte> raw)
    {
        if (knownLists.Count < MostKnown && Read(() => CertificateRevocationList.Parse(raw)) is { } list)
            knownLists.Add(list);
    }

    private static IEnumerable<Pkix.Cms.RevocationArchival> Archived(Pkix.Cms.SignerInfo signer) => Read(() => signer.RevocationArchival) is { } archived ? [archived] : [];

    // What a document brings and nobody can read, proves nothing and hides nothing.
    private static T? Read<T>(Func<T?> read) where T : class
    {
        try
        {
            return read();
        }
        catch (MalformedException)
        {
            return null;
        }
    }

    // Which kind of certificate, for the operator; no name of a person.
    private static string Word(Certificate certificate) =>
        certificate.Facts.BasicConstraints?.IsAuthority == true ? "authority"
        : certificate.Facts.ExtendedKeyUsage is { } usages && usages.Contains(Oids.UsageTimeStamping) ? "timestamping"
        : certificate.Facts.ExtendedKeyUsage is { } purposes && purposes.Contains(Oids.UsageOcspSigning) ? "responder" : "signer";
}
