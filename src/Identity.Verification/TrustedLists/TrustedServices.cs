using System.Xml;
using Identity.Pkix.X509;
using Identity.Verification.Trust;

namespace Identity.Verification.TrustedLists;

/// <summary>
/// The services of trusted lists that lie in a folder (TS 119 612, TS 119 615 4): a list of lists, signed by whom the operator names, and the
/// lists to which it points, each signed by whom it names. A file that is no such list, is out of date or not signed by them is refused,
/// not skipped. Nothing is fetched.
/// </summary>
public sealed class TrustedServices
{
    /// <summary>Files of one folder.</summary>
    public const int MostFiles = 256;

    private TrustedServices(IReadOnlyList<TrustService> services) => Services = services;

    public static TrustedServices None { get; } = new([]);

    public IReadOnlyList<TrustService> Services { get; }

    /// <param name="folder">Lists, *.xml.</param>
    /// <param name="signers">Who may sign the list of lists.</param>
    /// <exception cref="TrustedListException">A list is not to be relied on.</exception>
    public static TrustedServices FromDirectory(string folder, IReadOnlyCollection<Certificate> signers, DateTimeOffset now)
    {
        var lists = Files(folder).Select(file => Load(file, now)).ToList();
        // TS 119 615 4.1, 4.2: the list of lists first, then each that it points to.
        if (lists.Where(one => one.List.IsListOfLists).ToList() is not [var central])
            throw new TrustedListException(folder, "not exactly one list of lists");
        if (!TrustedListSignature.IsSignedBy(central.Document, signers))
            throw new TrustedListException(central.File, "list of lists not signed by its signer");
        var services = new List<TrustService>();
        foreach (var national in lists.Where(one => !one.List.IsListOfLists))
        {
            var named = central.List.Pointers.Where(pointer => !pointer.IsListOfLists && pointer.Territory == national.List.Territory).SelectMany(pointer => pointer.Signers);
            if (!TrustedListSignature.IsSignedBy(national.Document, named))
                throw new TrustedListException(national.File, "trusted list not signed by whom the list of lists names");
            if (lists.Any(other => !ReferenceEquals(other, national) && other.List.Territory == national.List.Territory && !other.List.IsListOfLists))
                throw new TrustedListException(national.File, "two trusted lists of one territory");
            services.AddRange(national.List.Services);
        }
        return new TrustedServices(services);
    }

    /// <summary>
    /// Authorities that issue qualified certificates and qualified time-stamping units, as anchors; those that are granted no longer until they
    /// ceased to be. Those that never were are none.
    /// </summary>
    public TrustAnchors Anchors(TrustAnchors others)
    {
        var ends = new Dictionary<Certificate, DateTimeOffset?>();
        foreach (var service in Services)
        {
            var relevant = service.Statuses.Where(status => status.Type is ServiceStatus.QualifiedAuthority or ServiceStatus.QualifiedTimestamping).ToList();
            var last = relevant.FindIndex(status => status.IsGranted);
            if (last < 0)
                continue;
            DateTimeOffset? end = last == 0 ? null : relevant[last - 1].Since;
            foreach (var identity in service.Identities)
            {
                // Listed twice: while one of the services stands, so does the certificate.
                ends[identity] = ends.TryGetValue(identity, out var known) && (known is null || (end is { } mine && known > mine)) ? known : end;
            }
        }
        var mineOnly = ends.Where(one => one.Value is not null && !others.Contains(one.Key)).ToDictionary(one => one.Key, one => one.Value!.Value);
        return new TrustAnchors(others.Certificates.Concat(ends.Keys)).Until(mineOnly);
    }

    private sealed record Loaded(string File, XmlDocument Document, TrustedList List);

    private static Loaded Load(string file, DateTimeOffset now)
    {
        try
        {
            var document = TrustedListReader.Load(file);
            var list = TrustedListReader.Read(file, document);
            // TS 119 615 4.2.4: an expired list is not relied on.
            if (list.NextUpdate is { } next && next < now)
                throw new TrustedListException(file, "trusted list out of date");
            return new Loaded(file, document, list);
        }
        catch (Exception problem) when (problem is XmlException or IOException or UnauthorizedAccessException)
        {
            throw new TrustedListException(file, "trusted list cannot be read", problem);
        }
    }

    private static List<string> Files(string folder)
    {
        if (!Directory.Exists(folder))
            throw new TrustedListException(folder, "folder of trusted lists not found");
        var files = Directory.EnumerateFiles(folder, "*.xml").Take(MostFiles + 1).Order(StringComparer.Ordinal).ToList();
        return files.Count <= MostFiles ? files : throw new TrustedListException(folder, $"more than {MostFiles} trusted lists");
    }
}
