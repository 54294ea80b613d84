using System.Security.Cryptography;
using System.Text;
using Identity.Pkix.Asn1;
using Identity.Pkix.X509;

namespace Identity.Verification.Trust;

/// <summary>A trust directory or a certificate in it cannot be used; the message is for the operator.</summary>
public sealed class TrustDirectoryException : Exception
{
    public TrustDirectoryException(string message) : base(message) { }

    public TrustDirectoryException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>The certificates that are trusted because the operator says so. Immutable.</summary>
public sealed class TrustAnchors
{
    /// <summary>Bytes of one file in a trust directory.</summary>
    public const int LargestFile = 1024 * 1024;

    /// <summary>Files of one trust directory.</summary>
    public const int MostFiles = 4096;

    private static readonly string[] Extensions = [".cer", ".crt", ".pem", ".der"];

    private readonly HashSet<Certificate> certificates;
    private Dictionary<Certificate, DateTimeOffset> ends = [];

    public TrustAnchors(IEnumerable<Certificate> certificates) => this.certificates = [.. certificates];

    public static TrustAnchors None { get; } = new([]);

    public IReadOnlyCollection<Certificate> Certificates => certificates;

    /// <summary>First moment at which this anchor is no longer trusted; null when none is known.</summary>
    public DateTimeOffset? TrustedUntil(Certificate anchor) => ends.TryGetValue(anchor, out var until) ? until : null;

    /// <summary>The same anchors, some of them with an end; where there is one already, the earlier counts.</summary>
    public TrustAnchors Until(IReadOnlyDictionary<Certificate, DateTimeOffset> until) => new(certificates)
    {
        ends = ends.Concat(until).GroupBy(one => one.Key).ToDictionary(one => one.Key, one => one.Min(end => end.Value)),
    };

    /// <param name="until">By the lower-case hexadecimal SHA-256 of the certificate.</param>
    public TrustAnchors Until(IReadOnlyDictionary<string, DateTimeOffset> until) => until.Count == 0 ? this
        : Until(certificates.Select(anchor => (Anchor: anchor, Fingerprint: Convert.ToHexStringLower(anchor.Sha256())))
            .Where(one => until.ContainsKey(one.Fingerprint)).ToDictionary(one => one.Anchor, one => until[one.Fingerprint]));

    public bool Contains(Certificate certificate) => certificates.Contains(certificate);

    /// <summary>
    /// All certificates of *.cer, *.crt, *.pem and *.der files right in these directories. A file that is not a certificate is refused,
    /// not skipped: an operator who put it there means something by it.
    /// </summary>
    public static TrustAnchors FromDirectories(IEnumerable<string> directories) => new(directories.SelectMany(Directory));

    private static IEnumerable<Certificate> Directory(string directory)
    {
        if (!System.IO.Directory.Exists(directory))
            throw new TrustDirectoryException($"trust directory not found: {directory}");
        var files = System.IO.Directory.EnumerateFiles(directory)
            .Where(file => Extensions.Contains(Path.GetExtension(file).ToLowerInvariant()))
            .Take(MostFiles + 1)
            .Order(StringComparer.Ordinal)
            .ToList();
        if (files.Count > MostFiles)
            throw new TrustDirectoryException($"trust directory holds more than {MostFiles} certificates: {directory}");
        return files.SelectMany(Read);
    }

    private static List<Certificate> Read(string file)
    {
        try
        {
            if (new FileInfo(file).Length > LargestFile)
                throw new TrustDirectoryException($"larger than {LargestFile} bytes: {file}");
            var found = Decode(File.ReadAllBytes(file)).Select(bytes => Certificate.Parse(bytes)).ToList();
            return found.Count > 0 ? found : throw new TrustDirectoryException($"holds no certificate: {file}");
        }
        catch (Exception problem) when (problem is MalformedException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new TrustDirectoryException($"not a readable certificate: {file}", problem);
        }
    }

    private static List<byte[]> Decode(byte[] content)
    {
        const byte sequence = 0x30;
        if (content is [sequence, ..])
            return [content];
        // RFC 7468 5.1; text around the blocks is explanation.
        var found = new List<byte[]>();
        var pem = Encoding.Latin1.GetString(content).AsSpan();
        while (PemEncoding.TryFind(pem, out var block))
        {
            if (pem[block.Label] is "CERTIFICATE")
                found.Add(Convert.FromBase64String(pem[block.Base64Data].ToString()));
            pem = pem[block.Location.End..];
        }
        return found;
    }
}
