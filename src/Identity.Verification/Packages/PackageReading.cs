using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Identity.Verification.Revocation;

namespace Identity.Verification.Packages;

/// <summary>A package as it was opened, or why it cannot be one.</summary>
public abstract partial record PackageReading
{
    /// <summary>Files in one package.</summary>
    public const int MostFiles = 1000;

    /// <summary>Bytes of all files but the document, unpacked.</summary>
    public const long LargestEvidence = 256L * 1024 * 1024;

    private PackageReading() { }

    /// <param name="Evidence">Revocation data, to be judged like any other.</param>
    /// <param name="Report">The report that the package claims: compared, never believed.</param>
    public sealed record Opened(ReadOnlyMemory<byte> Document, DateTimeOffset ValidationTime, IReadOnlyList<SuppliedEvidence> Evidence, JsonElement Report) : PackageReading;

    /// <param name="Why">English, closed set.</param>
    public sealed record Refused(string Why) : PackageReading;

    /// <param name="largestDocument">Bytes.</param>
    public static PackageReading Open(Stream package, long largestDocument)
    {
        try
        {
            using var zip = new ZipArchive(package, ZipArchiveMode.Read);
            if (zip.Entries.Count > MostFiles)
                return new Refused($"the package has more than {MostFiles} files");
            // Two entries of one name are two documents for two readers.
            if (zip.Entries.DistinctBy(entry => entry.FullName, StringComparer.OrdinalIgnoreCase).Count() != zip.Entries.Count)
                return new Refused("the package has two files of one name");
            return Open(zip, largestDocument);
        }
        catch (InvalidDataException)
        {
            return new Refused("the package is not a ZIP file");
        }
        catch (JsonException)
        {
            return new Refused("the package's manifest or report cannot be read");
        }
    }

    private static PackageReading Open(ZipArchive zip, long largestDocument)
    {
        var left = LargestEvidence;
        if (Read(zip, EvidencePackage.Manifest) is not { } list || JsonSerializer.Deserialize(list, PackageJson.Default.PackageManifest) is not { Files: { } files } manifest)
            return new Refused("the package has no manifest");
        if (manifest.Version != EvidencePackage.Version)
            return new Refused("the package is of another version");
        if (!DateTimeOffset.TryParseExact(manifest.ValidationTime, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            return new Refused("the package's manifest or report cannot be read");
        // The serializer leaves members of lists unchecked: one may be null.
        if (files.Any(file => file is null || !Place().IsMatch(file.Path) || !Digest().IsMatch(file.Sha256)))
            return new Refused("the package's manifest names a file that no package has");
        var unlisted = zip.Entries.Select(entry => entry.FullName).Except([.. files.Select(file => file.Path), EvidencePackage.Manifest, EvidencePackage.Explanation], StringComparer.Ordinal);
        if (unlisted.Any() || files.DistinctBy(file => file.Path).Count() != files.Count)
            return new Refused("the package holds a file that its manifest does not list");
        var contents = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            if (Read(zip, file.Path, file.Path == EvidencePackage.Document ? largestDocument : null) is not { } content)
                return new Refused("a file of the package is missing or too large");
            if (!string.Equals(Convert.ToHexStringLower(SHA256.HashData(content)), file.Sha256, StringComparison.Ordinal))
                return new Refused("a file of the package was changed: its digest is not the one in the manifest");
            contents[file.Path] = content;
        }
        if (!contents.TryGetValue(EvidencePackage.Document, out var document) || !contents.TryGetValue(EvidencePackage.JsonReport, out var report))
            return new Refused("a file of the package is missing or too large");
        using var parsed = JsonDocument.Parse(report, new JsonDocumentOptions { AllowDuplicateProperties = false });
        return new Opened(document, time, [.. contents.Select(content => Supplied(content.Key, content.Value)).OfType<SuppliedEvidence>()], parsed.RootElement.Clone());

        byte[]? Read(ZipArchive archive, string path, long? own = null)
        {
            if (archive.GetEntry(path) is not { } entry)
                return null;
            var cap = own ?? left;
            using var stream = entry.Open();
            using var all = new MemoryStream();
            // Not by the length that the entry states: a bomb states a small one.
            var buffer = new byte[64 * 1024];
            int read;
            while ((read = stream.Read(buffer)) > 0)
            {
                if (all.Length + read > cap)
                    return null;
                all.Write(buffer, 0, read);
            }
            if (own is null)
                left -= all.Length;
            return all.ToArray();
        }
    }

    // What EvidencePackage writes: nothing is unpacked to a disk here, but others do it.
    [GeneratedRegex(@"\A(?:document\.pdf|report\.(?:json|xml)|evidence/(?:certificates/[0-9a-f]{64}\.cer|crls/[0-9a-f]{64}\.crl|ocsp/[0-9a-f]{64}\.ors|timestamps/[0-9a-f]{64}\.tst))\z", RegexOptions.CultureInvariant)]
    private static partial Regex Place();

    [GeneratedRegex(@"\A[0-9a-f]{64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Digest();

    private static SuppliedEvidence? Supplied(string path, byte[] content) => Path.GetExtension(path) switch
    {
        ".crl" => new SuppliedEvidence(false, content),
        ".ors" => new SuppliedEvidence(true, content),
        _ => null,
    };
}
