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

/// <summary>The certificates that are trusted because the operator says so. Immutable, but for what is remembered of their signatures.</summary>
public sealed class TrustAnchors
{
    /// <summary>Bytes of one file in a trust directory.</summary>
    public const int LargestFile = 1024 * 1024;

    /// <summary>Files of one trust directory.</summary>
    public const int MostFiles = 4096;

    private static readonly string[] Extensions = [".cer", ".crt", ".pem", ".der"];

    private static readonly string[] KeyExtensions = [".key", ".p12", ".pfx", ".jks"];

    private static readonly IReadOnlyList<TrustPeriod> Always = [new TrustPeriod(CertificatePurpose.Any, DateTimeOffset.MinValue, null, null)];

    private readonly Dictionary<Certificate, IReadOnlyList<TrustPeriod>> periods;
    private Dictionary<Certificate, DateTimeOffset> ends = [];

    public TrustAnchors(IEnumerable<Certificate> certificates) => periods = certificates.Distinct().ToDictionary(one => one, _ => Always);

    private TrustAnchors(Dictionary<Certificate, IReadOnlyList<TrustPeriod>> periods) => this.periods = periods;

    public static TrustAnchors None { get; } = new(Enumerable.Empty<Certificate>());

    public IReadOnlyCollection<Certificate> Certificates => periods.Keys;

    /// <summary>Goes with all anchors that are made of these.</summary>
    public KnownAuthorities Known { get; private init; } = new();

    public bool Contains(Certificate certificate) => periods.ContainsKey(certificate);

    /// <summary>It is an anchor for this purpose, at whatever time.</summary>
    public bool Contains(Certificate certificate, CertificatePurpose purpose) => PeriodsOf(certificate, purpose).Any();

    /// <summary>It is trusted for this purpose at this moment.</summary>
    public bool IsTrustedAt(Certificate anchor, CertificatePurpose purpose, DateTimeOffset moment) => LastTrusted(anchor, purpose, moment) == moment;

    /// <summary>Its list has it as granted at this moment; an anchor that no list names always is.</summary>
    public bool IsListedAt(Certificate anchor, CertificatePurpose purpose, DateTimeOffset moment) => PeriodsOf(anchor, purpose).Any(period => period.Contains(moment));

    /// <summary>The latest moment, not after the one given, at which it was trusted; null when there is none.</summary>
    public DateTimeOffset? LastTrusted(Certificate anchor, CertificatePurpose purpose, DateTimeOffset moment)
    {
        // An anchor that outlived itself makes nobody trusted any more, as for OpenSSL and viewers; RFC 5280 6.1.1 (d) leaves it open.
        var latest = anchor.NotAfter < moment ? anchor.NotAfter : moment;
        if (ends.TryGetValue(anchor, out var end) && end <= latest)
            latest = end.AddTicks(-1);
        return PeriodsOf(anchor, purpose).Where(period => period.Since <= latest)
            .Select(period => (DateTimeOffset?)(period.Until is { } until && until <= latest ? until.AddTicks(-1) : latest)).Max();
    }

    /// <summary>The same anchors, some of them with an end; where there is one already, the earlier counts.</summary>
    public TrustAnchors Until(IReadOnlyDictionary<Certificate, DateTimeOffset> until) => new(periods)
    {
        Known = Known,
        ends = ends.Concat(until).GroupBy(one => one.Key).ToDictionary(one => one.Key, one => one.Min(end => end.Value)),
    };

    /// <param name="until">By the lower-case hexadecimal SHA-256 of the certificate.</param>
    public TrustAnchors Until(IReadOnlyDictionary<string, DateTimeOffset> until) => until.Count == 0 ? this
        : Until(periods.Keys.Select(anchor => (Anchor: anchor, Fingerprint: Convert.ToHexStringLower(anchor.Sha256())))
            .Where(one => until.ContainsKey(one.Fingerprint)).ToDictionary(one => one.Anchor, one => until[one.Fingerprint]));

    /// <summary>These and others that are trusted for some purpose and time. Those that are anchors already stay what they are.</summary>
    public TrustAnchors With(IEnumerable<(Certificate Anchor, TrustPeriod Period)> others)
    {
        var all = new Dictionary<Certificate, IReadOnlyList<TrustPeriod>>(periods);
        foreach (var listed in others.Where(one => !Contains(one.Anchor)).GroupBy(one => one.Anchor, one => one.Period))
            all[listed.Key] = [.. listed];
        return new TrustAnchors(all) { ends = ends, Known = Known };
    }

    /// <summary>Without those of which nobody says any more that they are trusted.</summary>
    public TrustAnchors StatedAt(DateTimeOffset now) =>
        periods.Values.All(all => all.All(period => !(period.StatedUntil < now))) ? this
        : new TrustAnchors(periods.Select(one => (one.Key, Value: one.Value.Where(period => !(period.StatedUntil < now)).ToList()))
            .Where(one => one.Value.Count > 0).ToDictionary(one => one.Key, one => (IReadOnlyList<TrustPeriod>)one.Value)) { ends = ends, Known = Known };

    private IEnumerable<TrustPeriod> PeriodsOf(Certificate anchor, CertificatePurpose purpose) =>
        periods.TryGetValue(anchor, out var all) ? all.Where(period => period.IsFor(purpose)) : [];

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
        // Who can read the anchors need not be able to sign as them: a key that lies here is a mistake that somebody wants to know of.
        if (System.IO.Directory.EnumerateFiles(directory).FirstOrDefault(file => KeyExtensions.Contains(Path.GetExtension(file).ToLowerInvariant())) is { } key)
            throw new TrustDirectoryException($"a private key lies among trusted certificates: {key}");
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
            var found = Decode(file, File.ReadAllBytes(file)).Select(bytes => Certificate.Parse(bytes)).ToList();
            return found.Count > 0 ? found : throw new TrustDirectoryException($"holds no certificate: {file}");
        }
        catch (Exception problem) when (problem is MalformedException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new TrustDirectoryException($"not a readable certificate: {file}", problem);
        }
    }

    private static List<byte[]> Decode(string file, byte[] content)
    {
        const byte sequence = 0x30;
        if (content is [sequence, ..])
            return [content];
        // RFC 7468 5.1; text around the blocks is explanation.
        var found = new List<byte[]>();
        var pem = Encoding.Latin1.GetString(content).AsSpan();
        while (PemEncoding.TryFind(pem, out var block))
        {
            if (pem[block.Label].EndsWith("PRIVATE KEY", StringComparison.Ordinal))
                throw new TrustDirectoryException($"a private key lies among trusted certificates: {file}");
            if (pem[block.Label] is "CERTIFICATE")
                found.Add(Convert.FromBase64String(pem[block.Base64Data].ToString()));
            pem = pem[block.Location.End..];
        }
        return found;
    }
}
