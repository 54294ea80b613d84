using System.Xml;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes.Rules;

/// <summary>
/// The document's XMP metadata (ISO 32000-2 14.3.2): may be rewritten, for viewers do so with every save, as long as it is still an
/// XML document without a document type or entities.
/// </summary>
public sealed class MetadataRewritten : ChangeRule
{
    /// <summary>Bytes of metadata that are read.</summary>
    public const int LargestMetadata = 2 * 1024 * 1024;

    // What takes about as long as a step of the comparison.
    private const int BytesPerStep = 16;
    private const int StepsPerDecoding = 20_000;

    public static MetadataRewritten Rule { get; } = new();

    private MetadataRewritten() { }

    public override bool IsLenient => true;

    public override void Explain(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        if (ReferenceEquals(before, after) || ObjectComparison.SameValue(before, after))
            return;
        if (after is PdfStream metadata && comparison.Spend(StepsPerDecoding + (metadata.RawData.Length / BytesPerStep)) && IsSoundXml(comparison, comparison.After.Decode(metadata)))
        {
            comparison.Entries.Accept(after);
            comparison.Report(ChangeKind.Archival, place, ValidationMessage.Information("metadata-changed"));
        }
        else
            comparison.Report(ChangeKind.Suspicious, place, ValidationMessage.Error("metadata-unsound"));
    }

    private static bool IsSoundXml(RevisionComparison comparison, StreamData data)
    {
        // Whatever comes out has been decoded already, and is paid for; what is not metadata by its size costs most.
        if (data is not StreamData.Decoded { Bytes: var bytes } || !comparison.Spend(bytes.Length / BytesPerStep) || bytes.Length > LargestMetadata)
            return false;
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            MaxCharactersInDocument = LargestMetadata,
            ConformanceLevel = ConformanceLevel.Document,
        };
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(bytes.ToArray(), writable: false), settings);
            while (reader.Read())
            {
            }
            return true;
        }
        catch (XmlException)
        {
            return false;
        }
    }
}
