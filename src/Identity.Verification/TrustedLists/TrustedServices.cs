using System.Xml;
using Identity.Pkix.X509;
using Identity.Verification.Trust;

namespace Identity.Verification.TrustedLists;

/// <summary>
/// The services of trusted lists that lie in a folder (TS 119 612, TS 119 615 4): a list of lists, signed by whom the operator names, and the
/// lists to which it points, each signed by whom it names. A file that is no such list, is out of date or not signed by them is refused,
/// not skipped. Nothing is fetched here: see <see cref="RefreshTrustedLists"/>.
/// </summary>
public sealed class TrustedServices
{
    /// <summary>Files of one folder.</summary>
    public const int MostFiles = 256;

    private TrustedServices(IReadOnlyList<TrustService> services, IReadOnlyList<SourceList> lists) => (Services, Lists) = (services, lists);

    public static TrustedServices None { get; } = new([], []);

    public IReadOnlyList<TrustService> Services { get; }

    /// <summary>Where the services come from, the list of lists first; empty when there are no lists.</summary>
    public IReadOnlyList<SourceList> Lists { get; }

    /// <param name="folder">Lists, *.xml.</param>
    /// <param name="signers">Who may sign the list of lists.</param>
    /// <exception cref="TrustedListException">A list is not to be relied on.</exception>
    public static TrustedServices FromDirectory(string folder, IReadOnlyCollection<Certificate> signers, DateTimeOffset now) => FromFiles(folder, Files(folder), signers, now);

    /// <param name="folder">Is named when no single file is to blame.</param>
    /// <param name="now">Null: lists that are out of date are read too, for <see cref="At"/> to leave out and <see cref="Lapsed"/> to name.</param>
    /// <exception cref="TrustedListException">A list is not to be relied on.</exception>
    internal static TrustedServices FromFiles(string folder, IReadOnlyList<string> files, IReadOnlyCollection<Certificate> signers, DateTimeOffset? now)
    {
        // TS 119 615 4.1, 4.2: the list of lists first, then each that it points to. One document is held at a time.
        var isCentral = files.ToDictionary(file => file, file => Guarded(file, () => TrustedListReader.IsListOfLists(file)));
        if (files.Where(file => isCentral[file]).ToList() is not [var centralFile])
            throw new TrustedListException(folder, "not exactly one list of lists");
        var central = Load(centralFile, now, (_, document) => TrustedListSignature.IsSignedBy(document, signers), "list of lists not signed by its signer");
        var (services, lists) = (new List<TrustService>(), new List<SourceList> { new(centralFile, central) });
        foreach (var file in files.Where(file => !isCentral[file]))
        {
            var national = Load(file, now, (list, document) => TrustedListSignature.IsSignedBy(document, SignersOf(list, central)), "trusted list not signed by whom the list of lists names");
            if (lists.Skip(1).Any(other => other.Territory == national.Territory))
                throw new TrustedListException(file, "two trusted lists of one territory");
            lists.Add(new SourceList(file, national));
            // The pointer to it is no younger than the list of lists that has it.
            var until = new[] { central.NextUpdate, national.NextUpdate }.Min();
            services.AddRange(national.Services.Select(service => service with { StatedUntil = until }));
        }
        return new TrustedServices(services, lists);
    }

    /// <summary>Those of lists that are not out of date (TS 119 615 4.2.4): a copy that runs for months may not rely on what it read at its start.</summary>
    public TrustedServices At(DateTimeOffset now) => Lapsed(now).Count == 0 ? this : new TrustedServices([.. Services.Where(service => !(service.StatedUntil < now))], Lists);

    /// <summary>Territories whose list is out of date.</summary>
    public IReadOnlyList<string> Lapsed(DateTimeOffset now) =>
        [.. Services.Where(service => service.StatedUntil < now).Select(service => service.Territory).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>
    /// Authorities that issue qualified certificates as anchors of signers, and qualified time-stamping units as anchors of time-stamps, for the
    /// times at which they were granted. A responder, or a service without qualification, is none.
    /// </summary>
    public TrustAnchors Anchors(TrustAnchors others) => others.With(Services.SelectMany(service => service.Granted.SelectMany(period => service.Identities.Select(identity => (identity, period)))));

    private static IEnumerable<Certificate> SignersOf(TrustedList list, TrustedList central) =>
        central.Pointers.Where(pointer => !pointer.IsListOfLists && pointer.Territory == list.Territory).SelectMany(pointer => pointer.Signers);

    private static TrustedList Load(string file, DateTimeOffset? now, Func<TrustedList, XmlDocument, bool> isSigned, string otherwise) => Guarded(file, () =>
    {
        var document = TrustedListReader.Load(file);
        var list = TrustedListReader.Read(file, document);
        // TS 119 615 4.2.4: an expired list is not relied on.
        if (list.NextUpdate < now)
            throw new TrustedListException(file, "trusted list out of date");
        return isSigned(list, document) ? list : throw new TrustedListException(file, otherwise);
    });

    private static T Guarded<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception problem) when (problem is XmlException or IOException or UnauthorizedAccessException)
        {
            throw new TrustedListException(file, "trusted list cannot be read", problem);
        }
    }

    /// <summary>The lists of a folder.</summary>
    /// <exception cref="TrustedListException">There is no such folder, or too much in it.</exception>
    internal static List<string> Files(string folder)
    {
        if (!Directory.Exists(folder))
            throw new TrustedListException(folder, "folder of trusted lists not found");
        var files = Directory.EnumerateFiles(folder, "*.xml").Take(MostFiles + 1).Order(StringComparer.Ordinal).ToList();
        return files.Count <= MostFiles ? files : throw new TrustedListException(folder, $"more than {MostFiles} trusted lists");
    }
}
