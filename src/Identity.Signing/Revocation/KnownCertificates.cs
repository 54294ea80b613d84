using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pkix.Asn1;
using Identity.Pkix.X509;

namespace Identity.Signing.Revocation;

/// <summary>Certificates that came with a document and may be issuers of others in it. That one is here says nothing for it.</summary>
internal sealed class KnownCertificates
{
    /// <summary>As many as a document may bring along; more are left aside.</summary>
    public const int Most = 256;

    private readonly HashSet<Certificate> all = [];

    public static KnownCertificates In(PdfDocument document, IEnumerable<SignatureInDocument> signatures, ValidationData given)
    {
        var known = new KnownCertificates();
        known.KnowStored(document, given);
        foreach (var cms in signatures.SelectMany(signature => signature.SignatureTimestamps.Select(token => token.SignedData).Append(signature.Cms)))
            known.Know(cms?.Certificates ?? []);
        return known;
    }

    /// <summary>Those of the newest security store, and what the caller has beside.</summary>
    public void KnowStored(PdfDocument document, ValidationData given)
    {
        var store = document.Latest.SecurityStore;
        Know((store?.Certificates ?? []).Concat(store?.Entries.SelectMany(entry => entry.Certificates) ?? []).Select(stream => stream.Bytes).Concat(given.Certificates));
    }

    public void Know(IEnumerable<ReadOnlyMemory<byte>> encoded)
    {
        foreach (var raw in encoded)
        {
            if (all.Count == Most)
                return;
            try
            {
                all.Add(Certificate.Parse(raw));
            }
            catch (MalformedException)
            {
                // One that nobody can read proves nothing and hides nothing.
            }
        }
    }

    /// <summary>Those that may stand above this one, by name.</summary>
    public IReadOnlyList<Certificate> Above(Certificate leaf)
    {
        var above = new List<Certificate>();
        var names = new Queue<Certificate>([leaf]);
        while (names.TryDequeue(out var below))
        {
            foreach (var candidate in all.Where(candidate => !above.Contains(candidate) && candidate.Subject.SameAs(below.Issuer)))
            {
                above.Add(candidate);
                names.Enqueue(candidate);
            }
        }

        return above;
    }
}
