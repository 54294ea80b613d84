using Identity.Pkix.Asn1;
using Identity.Pkix.Crl;
using Identity.Pkix.Ocsp;
using Identity.Verification.Policy;
using Identity.Verification.Trust;

namespace Identity.Verification.Revocation;

/// <summary>Where revocation data come from.</summary>
public enum RevocationOrigin
{
    /// <summary>The document security store.</summary>
    SecurityStore,

    /// <summary>The CMS of a signature or time-stamp.</summary>
    Signature,

    /// <summary>Fetched during this validation.</summary>
    Fetched,
}

/// <param name="Revision">The first revision of the document that holds it; null when the document does not.</param>
public sealed record OcspEvidence(BasicOcspResponse Response, RevocationOrigin Origin, string? Source, int? Revision = null);

/// <param name="Revision">The first revision of the document that holds it; null when the document does not.</param>
public sealed record CrlEvidence(CertificateRevocationList List, RevocationOrigin Origin, string? Source, int? Revision = null);

/// <summary>All OCSP answers and CRLs at hand, unjudged and within caps. Certificates in answers go to the pool.</summary>
public sealed class RevocationEvidence(CertificatePool pool)
{
    private readonly HashSet<ReadOnlyMemoryKey> seen = [];
    private readonly List<OcspEvidence> ocsp = [];
    private readonly List<CrlEvidence> crls = [];
    private long bytes;

    public IReadOnlyList<OcspEvidence> OcspResponses => ocsp;

    public IReadOnlyList<CrlEvidence> Crls => crls;

    /// <summary>Grows with each item that is taken in: what was concluded from less may have to be concluded again.</summary>
    public int Count => ocsp.Count + crls.Count;

    /// <summary>Items that cannot be read, or are beyond the caps.</summary>
    public int LeftAside { get; private set; }

    public bool AddOcsp(ReadOnlyMemory<byte> raw, RevocationOrigin origin, string? source = null, int? revision = null) => Add(raw, origin, () =>
    {
        if (OcspResponse.Parse(raw).Basic is not { } basic)
            return false;
        foreach (var certificate in basic.Certificates)
            pool.AddRaw(certificate, revision);
        ocsp.Add(new OcspEvidence(basic, origin, source, revision));
        return true;
    });

    public bool AddCrl(ReadOnlyMemory<byte> raw, RevocationOrigin origin, string? source = null, int? revision = null) => Add(raw, origin, () =>
    {
        crls.Add(new CrlEvidence(CertificateRevocationList.Parse(raw), origin, source, revision));
        return true;
    });

    // What was fetched has a bound of its own: the document must not decide that no answer is heard.
    private bool Add(ReadOnlyMemory<byte> raw, RevocationOrigin origin, Func<bool> read)
    {
        if (!seen.Add(new ReadOnlyMemoryKey(raw)))
            return true;
        if (origin != RevocationOrigin.Fetched && (ocsp.Count + crls.Count >= ValidationCaps.RevocationEvidence || bytes + raw.Length > ValidationCaps.RevocationBytes))
        {
            LeftAside++;
            return false;
        }
        bytes += raw.Length;
        try
        {
            if (read())
                return true;
        }
        catch (MalformedException)
        {
            // Counted below: what cannot be read proves nothing and hides nothing.
        }
        LeftAside++;
        return false;
    }

    private readonly struct ReadOnlyMemoryKey(ReadOnlyMemory<byte> bytes) : IEquatable<ReadOnlyMemoryKey>
    {
        private readonly ReadOnlyMemory<byte> bytes = bytes;

        public bool Equals(ReadOnlyMemoryKey other) => bytes.Span.SequenceEqual(other.bytes.Span);

        public override bool Equals(object? obj) => obj is ReadOnlyMemoryKey other && Equals(other);

        public override int GetHashCode()
        {
            const int enough = 512;
            var hash = default(HashCode);
            hash.AddBytes(bytes.Span[..Math.Min(bytes.Length, enough)]);
            hash.Add(bytes.Length);
            return hash.ToHashCode();
        }
    }
}
