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
            // The pointer to it is no younger than the list of lists that has it.
            var until = new[] { central.List.NextUpdate, national.List.NextUpdate }.Min();
            services.AddRange(national.List.Services.Select(service => service with { StatedUntil = until }));
        }
        return new TrustedServices(services);
    }

    /// <summary>Those of lists that are not out of date (TS 119 615 4.2.4): a copy that runs for months may not rely on what it read at its start.</summary>
    public TrustedServices At(DateTimeOffset now) => Lapsed(now).Count == 0 ? this : new TrustedServices([.. Services.Where(service => !(service.StatedUntil < now))]);

    /// <summary>Territories whose list is out of date.</summary>
    public IReadOnlyList<string> Lapsed(DateTimeOffset now) =>
        [.. Services.Where(service => service.StatedUntil < now).Select(service => service.Territory).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>
    /// Authorities that issue qualified certificates as anchors of signers, and qualified time-stamping units as anchors of time-stamps, for the
    /// times at which they were granted. A responder, or a service without qualification, is none.
    /// </summary>
    public TrustAnchors Anchors(TrustAnchors others) => others.With(Services.SelectMany(service => service.Granted.SelectMany(period => service.Identities.Select(identity => (identity, period)))));

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
