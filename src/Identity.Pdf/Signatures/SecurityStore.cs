using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Signatures;

/// <summary>One stream of a document security store, decoded.</summary>
public sealed record SecurityStoreStream(ObjectId Id, ReadOnlyMemory<byte> Bytes);

/// <summary>Validation data of one signature (ISO 32000-2 12.8.4.4).</summary>
/// <param name="Key">Should be the upper-case hexadecimal SHA-1 of the signature's Contents.</param>
public sealed record SecurityStoreEntry(string Key, IReadOnlyList<SecurityStoreStream> Certificates, IReadOnlyList<SecurityStoreStream> OcspResponses,
    IReadOnlyList<SecurityStoreStream> Crls, string? TimeText, SecurityStoreStream? Timestamp);

/// <summary>The document security store, DSS in the catalog (12.8.4.3). Contents are the bytes as stored; nothing is parsed.</summary>
/// <param name="Defects">Entries left out because they are not what they must be.</param>
public sealed record SecurityStore(PdfDictionary Dictionary, IReadOnlyList<SecurityStoreStream> Certificates,
    IReadOnlyList<SecurityStoreStream> OcspResponses, IReadOnlyList<SecurityStoreStream> Crls, IReadOnlyList<SecurityStoreEntry> Entries,
    IReadOnlyList<string> Defects)
{
    /// <summary>Those of the arrays, then those of the entries; one that is named twice comes twice.</summary>
    public IEnumerable<SecurityStoreStream> AllStreams() => Certificates.Concat(OcspResponses).Concat(Crls)
        .Concat(Entries.SelectMany(entry => entry.Certificates.Concat(entry.OcspResponses).Concat(entry.Crls)));
}
