using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pkix.Asn1;
using Identity.Pkix.X509;
using Identity.Verification.Changes;
using Identity.Verification.Policy;
using Identity.Verification.Revocation;
using Identity.Verification.Trust;

namespace Identity.Verification.Evidence;

/// <summary>Collects the facts of a document. Certificates and revocation data of the whole file come first, for signatures lean on each other's.</summary>
public static class GatherFacts
{
    public static DiagnosticData From(PdfDocument document, TrustAnchors anchors, ContentDigests digests, CancellationToken cancellation)
    {
        var pool = new CertificatePool(anchors);
        var revocation = new RevocationEvidence(pool);
        var contents = document.Signatures.Select(signature => SignatureContainer.Open(signature)).ToList();
        foreach (var container in contents)
        {
            AddCertificates(pool, container);
            AddRevocation(revocation, container);
        }
        // ISO 32000-2 12.8.4.3: the newest store holds everything; what an older one had and the newest has not was withdrawn.
        if (document.Latest.SecurityStore is { } store)
            AddStore(document, pool, revocation, store);

        var facts = new List<SignatureFacts>(contents.Count);
        foreach (var container in contents)
        {
            cancellation.ThrowIfCancellationRequested();
            facts.Add(SignatureExamination.Examine(container, pool, digests));
        }
        return new DiagnosticData
        {
            Document = document,
            Signatures = Standing(document, facts),
            Revisions = ChangeAnalysis.Explain(document, cancellation),
            Certificates = pool,
            Revocation = revocation,
        };
    }

    /// <summary>
    /// The revision that holds what a CMS carries unsigned. A document time-stamp does not prove its own Contents: it lies in the gap of the ByteRange,
    /// where anybody can add to it, so only a later time-stamp proves it.
    /// </summary>
    private static int HeldIn(SignatureContainer container) => !container.Dictionary.IsDocumentTimestamp ? container.Dictionary.Revision
        : ((container.Dictionary.ByteRange as ByteRangeCheck.Sound)?.CoveredRevision ?? container.Dictionary.Revision) + 1;

    private static void AddCertificates(CertificatePool pool, SignatureContainer container)
    {
        var revision = HeldIn(container);
        foreach (var raw in container.Cms?.Certificates ?? [])
            pool.AddRaw(raw, revision);
        foreach (var token in container.SignatureTimestamps.Concat(container.ContentTimestamps))
        {
            foreach (var raw in token?.SignedData.Certificates ?? [])
                pool.AddRaw(raw, revision);
        }
    }

    private static void AddRevocation(RevocationEvidence revocation, SignatureContainer container)
    {
        var held = HeldIn(container);
        foreach (var cms in container.SignatureTimestamps.Concat(container.ContentTimestamps).Select(token => token?.SignedData).Append(container.Cms))
        {
            foreach (var crl in cms?.Crls ?? [])
                revocation.AddCrl(crl, RevocationOrigin.Signature, revision: held);
            foreach (var ocsp in cms?.OcspResponses ?? [])
                revocation.AddOcsp(ocsp, RevocationOrigin.Signature, revision: held);
        }
        foreach (var crl in container.Attributes?.RevocationArchival?.Crls ?? [])
            revocation.AddCrl(crl, RevocationOrigin.Signature, revision: held);
        foreach (var ocsp in container.Attributes?.RevocationArchival?.OcspResponses ?? [])
            revocation.AddOcsp(ocsp, RevocationOrigin.Signature, revision: held);
    }

    private static void AddStore(PdfDocument document, CertificatePool pool, RevocationEvidence revocation, SecurityStore store)
    {
        foreach (var stream in store.Certificates.Concat(store.Entries.SelectMany(entry => entry.Certificates)))
            pool.AddRaw(stream.Bytes, HeldSince(document, stream));
        foreach (var stream in store.OcspResponses.Concat(store.Entries.SelectMany(entry => entry.OcspResponses)))
            revocation.AddOcsp(stream.Bytes, RevocationOrigin.SecurityStore, revision: HeldSince(document, stream));
        foreach (var stream in store.Crls.Concat(store.Entries.SelectMany(entry => entry.Crls)))
            revocation.AddCrl(stream.Bytes, RevocationOrigin.SecurityStore, revision: HeldSince(document, stream));
    }

    /// <summary>The first revision whose bytes hold the stream: a time-stamp over that revision proves that it existed.</summary>
    private static int? HeldSince(PdfDocument document, SecurityStoreStream stream) =>
        document.Latest.Locate(stream.Id) is ObjectLocation.InFile { Span.End: var end }
            ? document.Revisions.FirstOrDefault(revision => revision.EndOfFileMarker >= end)?.Number
            : null;

    /// <summary>
    /// Leaves out what is no signature of its own: a rewritten copy of a signature object whose original verifies (the rewriting is a
    /// change, and reported as one), and a signature that was taken out of the form while others remain to show the removal.
    /// </summary>
    private static List<SignatureFacts> Standing(PdfDocument document, List<SignatureFacts> facts)
    {
        var last = document.Revisions.Count;
        var standing = facts.Where(one => !facts.Any(original => IsRewriting(one.Dictionary, original))).ToList();
        bool IsInForm(SignatureFacts one) => one.Dictionary.LastRevisionInForm == last;
        // Only a signature that covers less than the removal shows it; one that came with it or later covers it up.
        bool IsShownRemoved(SignatureFacts one) => one.Dictionary.LastRevisionInForm is var gone and not 0 && standing.Any(other => IsInForm(other)
            && other.Dictionary.ByteRange is ByteRangeCheck.Sound { CoveredRevision: { } covered } && covered <= gone);
        return [.. standing.Where(one => IsInForm(one) || one.Dictionary.SupersededIn is not null || !IsShownRemoved(one))];
    }

    private static bool IsRewriting(SignatureDictionary copy, SignatureFacts original) =>
        copy.Id is { } id && original.Dictionary.Id == id && original.Dictionary.Revision < copy.Revision && original.IsCryptographicallyIntact;
}
