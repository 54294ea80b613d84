using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Identity.Verification.Reports;

namespace Identity.Verification.Packages;

/// <summary>One file of a package.</summary>
/// <param name="Sha256">Lower-case hexadecimal.</param>
/// <param name="Fetched">It is not in the document: it was asked for during validation.</param>
public sealed record PackagedFile(string Path, string Sha256, bool Fetched);

/// <summary>What a package holds: every file of it but this list and the explanation.</summary>
/// <param name="Name">The document as it was named: foreign text.</param>
/// <param name="ValidationTime">As of when was validated; the same moment gives the same report.</param>
public sealed record PackageManifest(int Version, string Name, string ValidationTime, PolicyReport Policy, IReadOnlyList<PackagedFile> Files);

/// <summary>
/// Everything that a verdict rests on, in one ZIP file: the document, the reports, and each certificate, revocation answer and time-stamp that
/// was looked at, as DER that any tool reads. `verify --package` repeats the validation from it without asking anybody.
/// </summary>
public static class EvidencePackage
{
    public const int Version = 1;
    public const string MediaType = "application/zip";
    public const string Manifest = "manifest.json";
    public const string Document = "document.pdf";
    public const string JsonReport = "report.json";
    public const string EtsiXmlReport = "report.xml";
    public const string Explanation = "README.txt";

    private const string Words =
        """
        Evidence of a signature validation.

        document.pdf           the document, byte for byte
        report.json            the report, by Identity Verification
        report.xml             the same as ETSI TS 119 102-2
        evidence/certificates  every certificate that was at hand (DER): openssl x509 -inform DER -text -in FILE
        evidence/crls          certificate revocation lists (DER):       openssl crl -inform DER -text -in FILE
        evidence/ocsp          OCSP responses (DER):                     openssl ocsp -respin FILE -text -noverify
        evidence/timestamps    time-stamp tokens (DER):                  openssl ts -reply -token_in -in FILE -text
        manifest.json          SHA-256 of each file; "fetched" is evidence that is not in the document

        To repeat the validation without any network, with the issuers that you trust yourself:

            dotnet run --project src/Identity.Verification -- verify --package --package-time --trust DIR PACKAGE.zip

        It checks every digest, validates the document with this evidence as of the time in the manifest, and compares
        the outcome with report.json. Nothing in the package is trusted because it is in the package; the time is the word of
        who made it. Give --time in place of --package-time to judge as of a moment of your own.

        Not in here: a proof that a log of the signing service has this signature. Those logs are chained, but give no
        proofs of inclusion. How a person approved the document is shown by the evidence file of the signing service,
        which the person and the agency can get: dotnet run --project src/Identity.Signing -- evidence check FILE
        """;

    public static byte[] Write(ReadOnlyMemory<byte> document, ValidationReport report)
    {
        var made = DateTimeOffset.Parse(report.ValidationTime, System.Globalization.CultureInfo.InvariantCulture);
        var files = new List<PackagedFile>();
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(Document, document, listed: true);
            Add(JsonReport, Encoding.UTF8.GetBytes(ReportJson.Serialize(report)), listed: true);
            Add(EtsiXmlReport, EtsiReport.Render(report), listed: true);
            foreach (var item in report.Evidence)
                Add(PathOf(item), item.Raw, listed: true, item.IsFetched);
            Add(Explanation, Encoding.UTF8.GetBytes(Words), listed: false);
            var manifest = new PackageManifest(Version, report.File, report.ValidationTime, report.Policy, files);
            Add(Manifest, JsonSerializer.SerializeToUtf8Bytes(manifest, PackageJson.Default.PackageManifest), listed: false);

            void Add(string path, ReadOnlyMemory<byte> content, bool listed, bool fetched = false)
            {
                if (listed)
                    files.Add(new PackagedFile(path, Convert.ToHexStringLower(SHA256.HashData(content.Span)), fetched));
                var entry = zip.CreateEntry(path, CompressionLevel.Fastest);
                // The same validation makes the same package. ZIP's clock begins in 1980.
                entry.LastWriteTime = made.Year is >= 1980 and <= 2107 ? made : new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
                using var stream = entry.Open();
                stream.Write(content.Span);
            }
        }
        return bytes.ToArray();
    }

    private static string PathOf(EvidenceItem item) => item.Kind switch
    {
        EvidenceKind.Certificate => $"evidence/certificates/{item.Name}.cer",
        EvidenceKind.Crl => $"evidence/crls/{item.Name}.crl",
        EvidenceKind.OcspResponse => $"evidence/ocsp/{item.Name}.ors",
        EvidenceKind.Timestamp => $"evidence/timestamps/{item.Name}.tst",
        _ => throw new InvalidOperationException($"no place for {item.Kind}"),
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true, AllowDuplicateProperties = false, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(PackageManifest))]
internal sealed partial class PackageJson : JsonSerializerContext;
