using Identity.Pdf.Signatures;
using Identity.Pkix.Asn1;
using Identity.Verification.Evidence;

namespace Identity.Verification.Engine.Blocks;

/// <summary>Format checking (EN 319 102-1 5.2.2): the signature is built as ISO 32000-2 12.8 and its CMS say, and covers one whole revision.</summary>
public static class FormatChecking
{
    private static readonly HashSet<string> SubFilters = new(StringComparer.Ordinal)
    {
        "ETSI.CAdES.detached", "adbe.pkcs7.detached", "adbe.pkcs7.sha1", "ETSI.RFC3161",
    };

    // ISO 32000-2 table 260: withdrawn. It has no attributes, and SHA-1 is all it can.
    private const string WithdrawnSubFilter = "adbe.x509.rsa_sha1";

    public static BlockConclusion Check(SignatureFacts facts)
    {
        var dictionary = facts.Dictionary;
        // ISO 32000-2 12.8.1: two values under one key mean two documents to two readers.
        if (dictionary.DuplicateKeys.Count > 0)
            return Failed("signature-dictionary-ambiguous");
        if (dictionary.ByteRange is ByteRangeCheck.Unsound unsound)
            return Failed("byte-range-" + Words(unsound.Defect));
        if (dictionary.ByteRange is ByteRangeCheck.Sound { CoversWholeRevision: false })
            return Failed("byte-range-not-a-revision");
        // 12.8.3: formats that are not recognised are not guessed at.
        if (dictionary.SubFilter is not { } subFilter || !SubFilters.Contains(subFilter))
            return dictionary.SubFilter == WithdrawnSubFilter ? Failed("signature-format-withdrawn", WithdrawnSubFilter) : Failed("signature-format-unknown");
        if (facts.Cms is not { } cms || (facts.IsDocumentTimestamp && facts.DocumentTimestamp?.Token is null))
            return Failed("signature-unreadable", facts.ContentsDefect ?? "");
        // EN 319 142-1 6.3: one signer.
        if (facts.Signer is null)
            return Failed("signature-not-one-signer");
        if (facts.Attributes is null)
            return Failed("signature-unreadable", facts.ContentsDefect ?? "");
        // The container is filled up with zero bytes; anything else is hidden freight.
        if (cms.TrailingBytes.Span.ContainsAnyExcept((byte)0))
            return Failed("signature-trailing-bytes");
        if (!facts.IsDocumentTimestamp && subFilter != "adbe.pkcs7.sha1")
        {
            if (cms.ContentType != Oids.CmsData)
                return Failed("signature-content-type");
            // ISO 32000-2 12.8.3.3.1: no data are enclosed. Enclosed ones need not be those of the document.
            if (cms.Content is not null)
                return Failed("signature-content-enclosed");
        }
        return BlockConclusion.Passed();
    }

    private static BlockConclusion Failed(string key, params object[] arguments) =>
        BlockConclusion.Failed(SubIndication.FormatFailure, ValidationMessage.Error(key, arguments));

    /// <summary>DoesNotStartAtZero becomes does-not-start-at-zero: the key of its message.</summary>
    internal static string Words(ByteRangeDefect defect) =>
        string.Concat(defect.ToString().Select((character, index) => char.IsUpper(character) && index > 0 ? "-" + char.ToLowerInvariant(character) : char.ToLowerInvariant(character).ToString()));
}
