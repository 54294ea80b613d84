using System.Security.Cryptography;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pkix.Asn1;
using Identity.Pkix.X509;
using Identity.Verification.Changes;
using Identity.Verification.Evidence;

namespace Identity.Verification.Engine.Blocks;

/// <summary>
/// A constraint of ours (EN 319 102-1 5.2.8): a certificate that names the documents its key was made for is good for these alone. So who
/// holds the key for a moment, the signing service, cannot put the person's approval on another document.
/// </summary>
internal static class ApprovedDocument
{
    /// <summary>White space behind the end-of-file marker that may belong to the document as it was approved.</summary>
    private const int MostWhiteSpace = 1024;

    /// <summary>Null: the certificate names no documents, or this is one of them with nothing added but the signature.</summary>
    public static ValidationMessage? Refuse(SignatureFacts facts, ValidationContext context)
    {
        var named = facts.SigningCertificate?.Extensions.FirstOrDefault(extension => context.Policy.ApprovedDocumentsExtensions.Contains(extension.Oid));
        if (named is null)
            return null;
        if (ApprovedDocuments.Read(named.Value) is not { } digests)
            return ValidationMessage.Error("approved-documents-unreadable");
        var document = context.Data.Document;
        // What is signed of the document was approved itself: nothing of it could change.
        if (IsOneOf(digests, context.Digests, facts.Dictionary.ByteRange))
            return null;
        var signed = facts.Dictionary.Revision;
        if (signed < 2 || !IsOneOf(digests, context, document.Revisions[signed - 2]))
            return ValidationMessage.Error("approved-document-differs");
        // The revision that brings the signature could change the document as well.
        return context.Data.Revisions.SingleOrDefault(revision => revision.Number == signed) is { Kind: <= ChangeKind.Signature }
            ? null
            : ValidationMessage.Error("approved-document-differs");
    }

    private static bool IsOneOf(IReadOnlyList<ReadOnlyMemory<byte>> digests, ContentDigests signed, ByteRangeCheck range)
    {
        if (range is not ByteRangeCheck.Sound { CoversWholeRevision: true, Range: var covered })
            return false;
        return signed.Of(covered, Oids.Sha256) is { } digest && digests.Any(approved => approved.Span.SequenceEqual(digest));
    }

    private static bool IsOneOf(IReadOnlyList<ReadOnlyMemory<byte>> digests, ValidationContext context, Revision before)
    {
        using var hash = context.Digests.Sha256OfFirst(before.EndOfFileMarker);
        var file = context.Data.Document.Bytes;
        var behind = file.Slice(before.EndOfFileMarker, (int)Math.Min(MostWhiteSpace, file.Length - before.EndOfFileMarker));
        Span<byte> digest = stackalloc byte[ApprovedDocuments.DigestLength];
        for (var more = 0; ; more++)
        {
            hash.GetCurrentHash(digest);
            foreach (var approved in digests)
            {
                if (approved.Span.SequenceEqual(digest))
                    return true;
            }

            if (more == behind.Length || behind[more] is not (0 or 9 or 10 or 12 or 13 or 32))
                return false;
            hash.AppendData(behind, more, 1);
        }
    }
}
