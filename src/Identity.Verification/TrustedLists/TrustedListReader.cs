using System.Globalization;
using System.Xml;
using Identity.Pkix.Asn1;
using Identity.Pkix.X509;

namespace Identity.Verification.TrustedLists;

/// <summary>A trusted list cannot be used; the message names the file and is for the operator.</summary>
public sealed class TrustedListException : Exception
{
    public TrustedListException(string file, string reason) : base($"{reason}: {file}") => File = file;

    public TrustedListException(string file, string reason, Exception inner) : base($"{reason}: {file}", inner) => File = file;

    /// <summary>Path of the list, or of the folder when no single list is to blame.</summary>
    public string File { get; }
}

/// <summary>Reads the XML of a trusted list (TS 119 612 annex C). No entity is expanded and nothing is fetched.</summary>
internal static class TrustedListReader
{
    /// <summary>Bytes of one list. The largest national list has 5 MB.</summary>
    public const int LargestFile = 32 * 1024 * 1024;

    /// <summary>Services of one list, with all that became of them.</summary>
    public const int MostServices = 20_000;

    private const string Namespace = "http://uri.etsi.org/02231/v2#";
    private const string ListOfLists = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUlistofthelists";

    public static XmlDocument Load(string file)
    {
        // White space is signed with the rest.
        var document = new XmlDocument { PreserveWhitespace = true, XmlResolver = null };
        using var reader = Open(file);
        document.Load(reader);
        return document;
    }

    /// <summary>What a list calls itself, from its beginning, without holding the rest; <see cref="Read"/> has the say.</summary>
    public static bool IsListOfLists(string file)
    {
        using var reader = Open(file);
        return reader.ReadToFollowing("TSLType", Namespace) ? reader.ReadElementContentAsString().Trim() == ListOfLists : throw new TrustedListException(file, "not a trusted list");
    }

    private static XmlReader Open(string file) => new FileInfo(file).Length <= LargestFile
        ? XmlReader.Create(file, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null })
        : throw new TrustedListException(file, $"trusted list larger than {LargestFile} bytes");

    public static TrustedList Read(string file, XmlDocument document)
    {
        var root = document.DocumentElement;
        if (root is not { LocalName: "TrustServiceStatusList", NamespaceURI: Namespace } || Child(root, "SchemeInformation") is not { } scheme)
            throw new TrustedListException(file, "not a trusted list");
        var territory = Text(file, scheme, "SchemeTerritory");
        var next = Child(scheme, "NextUpdate") is { } update && Child(update, "dateTime") is { } moment ? Time(file, moment) : (DateTimeOffset?)null;
        var services = Path(root, "TrustServiceProviderList", "TrustServiceProvider").SelectMany(provider => Services(file, territory, provider)).Take(MostServices + 1).ToList();
        if (services.Sum(service => service.Statuses.Count) > MostServices)
            throw new TrustedListException(file, $"trusted list with more than {MostServices} services");
        return new TrustedList(Text(file, scheme, "TSLType") == ListOfLists, territory,
            long.TryParse(Text(file, scheme, "TSLSequenceNumber"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new TrustedListException(file, "trusted list without a sequence number"),
            Time(file, Child(scheme, "ListIssueDateTime") ?? throw new TrustedListException(file, "trusted list without a time of issue")), next,
            [.. Path(scheme, "PointersToOtherTSL", "OtherTSLPointer").Select(pointer => Pointer(file, pointer))], services);
    }

    private static ListPointer Pointer(string file, XmlElement pointer)
    {
        string? Information(string name) => Path(pointer, "AdditionalInformation", "OtherInformation", name).FirstOrDefault()?.InnerText.Trim();
        return new ListPointer(Information("SchemeTerritory") ?? "", Information("TSLType") == ListOfLists,
            [.. Path(pointer, "ServiceDigitalIdentities", "ServiceDigitalIdentity", "DigitalId", "X509Certificate").Select(one => Certificate(file, one))]);
    }

    private static IEnumerable<TrustService> Services(string file, string territory, XmlElement provider)
    {
        var name = Path(provider, "TSPInformation", "TSPName", "Name").FirstOrDefault()?.InnerText.Trim() ?? "";
        foreach (var service in Path(provider, "TSPServices", "TSPService"))
        {
            var current = Child(service, "ServiceInformation") ?? throw new TrustedListException(file, "service without information");
            yield return new TrustService(territory, name, Path(current, "ServiceName", "Name").FirstOrDefault()?.InnerText.Trim() ?? "",
                [.. Path(current, "ServiceDigitalIdentity", "DigitalId", "X509Certificate").Select(one => Certificate(file, one))],
                [.. Path(service, "ServiceHistory", "ServiceHistoryInstance").Prepend(current).Select(one => Status(file, one)).OrderByDescending(status => status.Since)]);
        }
    }

    private static ServiceStatus Status(string file, XmlElement information)
    {
        var extensions = Path(information, "ServiceInformationExtensions", "Extension").ToList();
        return new ServiceStatus(Text(file, information, "ServiceTypeIdentifier"), Text(file, information, "ServiceStatus"),
            Time(file, Child(information, "StatusStartingTime") ?? throw new TrustedListException(file, "status without a beginning")),
            [.. extensions.SelectMany(extension => Path(extension, "AdditionalServiceInformation", "URI")).Select(uri => uri.InnerText.Trim().Split('/')[^1])],
            [.. extensions.SelectMany(QualificationReader.Read)]);
    }

    private static IEnumerable<XmlElement> Path(XmlElement from, params ReadOnlySpan<string> names)
    {
        IEnumerable<XmlElement> found = [from];
        foreach (var name in names)
            found = found.SelectMany(element => element.ChildNodes.OfType<XmlElement>().Where(child => child.LocalName == name && child.NamespaceURI == Namespace));
        return found;
    }

    private static XmlElement? Child(XmlElement parent, string name) => Path(parent, name).FirstOrDefault();

    private static string Text(string file, XmlElement parent, string name) =>
        Child(parent, name)?.InnerText.Trim() is { Length: > 0 } text ? text : throw new TrustedListException(file, $"trusted list without {name}");

    private static DateTimeOffset Time(string file, XmlElement element)
    {
        try
        {
            return XmlConvert.ToDateTimeOffset(element.InnerText.Trim());
        }
        catch (FormatException problem)
        {
            throw new TrustedListException(file, $"{element.LocalName} is no time", problem);
        }
    }

    private static Certificate Certificate(string file, XmlElement element)
    {
        try
        {
            return Pkix.X509.Certificate.Parse(Convert.FromBase64String(element.InnerText));
        }
        catch (Exception problem) when (problem is FormatException or MalformedException)
        {
            throw new TrustedListException(file, "trusted list with a certificate that cannot be read", problem);
        }
    }
}
