using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Keys;
using Identity.Pdf.Appearances;
using Identity.Signing.Agencies;
using Identity.Signing.Appearances;
using Identity.Signing.Csc;
using Identity.Signing.Pades;
using Identity.Signing.Revocation;
using Identity.Web.Outgoing;
using Identity.Signing.Seals;
using Identity.Web;

namespace Identity.Signing;

/// <summary>A setting that the service cannot start with; the message names the field and what is wrong with it.</summary>
public sealed class SettingRefusedException(string field, string reason) : Exception($"Signing:{field} {reason}");

/// <summary>The service's settings, checked once at start.</summary>
public sealed record SigningSettings
{
    /// <summary>Nothing of a document is held in memory but its objects; browsers that show it hold all of it.</summary>
    private const long LargestDocumentBytes = 1024L * 1024 * 1024;

    private SigningSettings() { }

    public required Uri PublicAddress { get; init; }
    public required Uri Provider { get; init; }
    public required Uri Authority { get; init; }
    public required Uri Timestamps { get; init; }
    public required IReadOnlyList<string> TimestampPolicies { get; init; }
    public required StatusSources StatusSources { get; init; }
    public required PadesLevel Level { get; init; }
    public required TimeSpan PendingFor { get; init; }
    public required Uri Verification { get; init; }
    public required DrawSignature Drawing { get; init; }
    public required string DataDirectory { get; init; }
    public required string KeysDirectory { get; init; }
    public required string PersonKeys { get; init; }

    public KeyAlgorithm PersonKeyAlgorithm { get; init; } = KeyAlgorithm.EcdsaP256;

    /// <summary>The digest that goes into people's signatures of documents (RFC 8419 3.1 for Ed25519): what the seed values of a field may forbid.</summary>
    public HashAlgorithmName PersonDigest => PersonKeyAlgorithm switch
    {
        KeyAlgorithm.Ed25519 => HashAlgorithmName.SHA512,
        KeyAlgorithm.EcdsaP384 => HashAlgorithmName.SHA384,
        _ => HashAlgorithmName.SHA256,
    };
    public required string TrustDirectory { get; init; }
    public required IReadOnlyList<string> ApprovalOrigins { get; init; }
    public required string RelyingPartyId { get; init; }
    public required long MaxDocumentBytes { get; init; }
    public required TimeSpan SessionLifetime { get; init; }
    public required TimeSpan RequestLifetime { get; init; }
    public required TimeSpan Retention { get; init; }
    public required TimeSpan SigningDeadline { get; init; }

    public required int OpenRequestsPerAddress { get; init; }
    public required TimeSpan ClockTolerance { get; init; }
    public required string Instance { get; init; }
    public required string Region { get; init; }
    public required AllowedAddresses Outgoing { get; init; }
    public required ProgramRegistry Programs { get; init; }
    public required AgencyRegistry Agencies { get; init; }
    public required SealRegistry Seals { get; init; }
    public required bool Production { get; init; }

    public string DatabaseFile => Path.Combine(DataDirectory, "signing.db");
    public string DocumentsDirectory => Path.Combine(DataDirectory, "documents");
    public string AuditFile => Path.Combine(DataDirectory, "audit", Instance + ".jsonl");

    public static SigningSettings Check(SigningOptions options, bool production)
    {
        var provider = Address(options.Provider, "Provider", production);
        var authority = Address(options.Authority, "Authority", production);
        var sources = StatusSources.Check(options.StatusSources);
        var agencies = AgencyRegistry.Check(options.Agencies, production);
        return new SigningSettings
        {
            PublicAddress = Address(options.PublicAddress, "PublicAddress", production),
            Provider = provider,
            Authority = authority,
            Timestamps = string.IsNullOrEmpty(options.Timestamps)
                ? new Uri(authority, "tsa")
                : AnyAddress(options.Timestamps, "Timestamps", production),
            TimestampPolicies = [.. options.TimestampPolicies.Select(ObjectIdentifier)],
            StatusSources = sources,
            Level = DefaultLevel(options.Level, sources),
            PendingFor = Within(options.PendingFor, "PendingFor", TimeSpan.Zero, TimeSpan.FromDays(7)),
            Verification = Address(options.Verification, "Verification", production),
            Drawing = new DrawSignature(AppearanceFonts.Open(options.AppearanceFonts), Address(options.Verification, "Verification", production), Picture(options.AppearancePicture)),
            DataDirectory = Directory(options.DataDirectory, "DataDirectory"),
            KeysDirectory = Directory(options.KeysDirectory, "KeysDirectory"),
            PersonKeys = PlaceOfPersonKeys(options.PersonKeys, production),
            PersonKeyAlgorithm = AlgorithmOfPersonKeys(options.PersonKeyAlgorithm),
            TrustDirectory = Directory(options.TrustDirectory, "TrustDirectory"),
            ApprovalOrigins = options.ApprovalOrigins is []
                ? [provider.GetLeftPart(UriPartial.Authority)]
                : [.. options.ApprovalOrigins.Select(origin => AnyAddress(origin, "ApprovalOrigins", production).GetLeftPart(UriPartial.Authority))],
            RelyingPartyId = string.IsNullOrWhiteSpace(options.RelyingPartyId) ? provider.Host : options.RelyingPartyId,
            MaxDocumentBytes = options.MaxDocumentBytes is > 0 and <= LargestDocumentBytes
                ? options.MaxDocumentBytes
                : throw new SettingRefusedException("MaxDocumentBytes", $"must be from 1 to {LargestDocumentBytes}."),
            SessionLifetime = Within(options.SessionLifetime, "SessionLifetime", TimeSpan.FromSeconds(1), TimeSpan.FromHours(12)),
            RequestLifetime = Within(options.RequestLifetime, "RequestLifetime", TimeSpan.FromMinutes(1), TimeSpan.FromDays(90)),
            Retention = Within(options.Retention, "Retention", TimeSpan.Zero, TimeSpan.FromDays(3650)),
            OpenRequestsPerAddress = options.OpenRequestsPerAddress is >= 1 and <= AddressLimit.Most
                ? options.OpenRequestsPerAddress : throw new SettingRefusedException("OpenRequestsPerAddress", $"must lie between 1 and {AddressLimit.Most} a minute."),
            SigningDeadline = Within(options.SigningDeadline, "SigningDeadline", TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(15)),
            ClockTolerance = Within(options.ClockTolerance, "ClockTolerance", TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
            Instance = InstanceName(options.Instance),
            Programs = ProgramRegistry.Check(options.Programs, production),
            Region = options.Region is { Length: 2 } region && region.All(char.IsAsciiLetterUpper)
                ? region
                : throw new SettingRefusedException("Region", "must be two capital letters (ISO 3166-1)."),
            Outgoing = AllowedAddresses.Check(
                options.AllowedPrivateNetworks, !production, (index, rule) => new SettingRefusedException(string.Create(CultureInfo.InvariantCulture, $"AllowedPrivateNetworks:{index}"), rule)),
            Agencies = agencies,
            Seals = SealRegistry.Check(options.Seals, agencies, production),
            Production = production,
        };
    }

    private static PadesLevel DefaultLevel(string? word, StatusSources sources)
    {
        if (string.IsNullOrEmpty(word))
            return sources.Any ? PadesLevel.LTA : PadesLevel.T;
        return PadesLevels.Read(word) switch
        {
            null => throw new SettingRefusedException("Level", "must be B-B, B-T, B-LT or B-LTA."),
            > PadesLevel.T when !sources.Any => throw new SettingRefusedException("Level", "needs StatusSources above B-T."),
            { } level => level,
        };
    }

    /// <summary>The roots in the trust directory. None is a refusal: nothing could be signed.</summary>
    public X509Certificate2Collection TrustAnchors()
    {
        var anchors = new X509Certificate2Collection();
        if (System.IO.Directory.Exists(TrustDirectory))
        {
            foreach (var file in System.IO.Directory.EnumerateFiles(TrustDirectory).Order(StringComparer.Ordinal))
            {
                if (Path.GetExtension(file) is ".pem" or ".cer" or ".crt" or ".der")
                    anchors.Add(Anchor(file));
            }
        }

        return anchors.Count > 0 ? anchors : throw new SettingRefusedException("TrustDirectory", "holds no certificate.");
    }

    internal static Uri AnyAddress(string? value, string field, bool production)
    {
        if (!Uri.TryCreate(value, UriKind.Absolute, out var address)
            || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp)
            || address.UserInfo.Length > 0 || address.Fragment.Length > 0)
            throw new SettingRefusedException(field, "must be an absolute http(s) address without user information and fragment.");
        if (production && address.Scheme != Uri.UriSchemeHttps)
            throw new SettingRefusedException(field, "must be an https address in production.");
        return address;
    }

    private static Uri Address(string? value, string field, bool production)
    {
        var address = AnyAddress(value, field, production);
        return address.AbsoluteUri.EndsWith('/') && address.Query.Length == 0
            ? address
            : throw new SettingRefusedException(field, "must end with a slash and have no query.");
    }

    private static AppearancePicture? Picture(string? file)
    {
        if (string.IsNullOrWhiteSpace(file))
            return null;
        try
        {
            return AppearancePicture.Read(File.ReadAllBytes(file));
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new SettingRefusedException("AppearancePicture", $"must name a PNG or JPEG file: {e.Message}.");
        }
    }

    private static string Directory(string? value, string field) => string.IsNullOrWhiteSpace(value)
        ? throw new SettingRefusedException(field, "must name a directory.")
        : Path.GetFullPath(value);

    private static string PlaceOfPersonKeys(string? value, bool production) => string.IsNullOrWhiteSpace(value)
        ? throw new SettingRefusedException("PersonKeys", "must name a hardware token of the key folder, or be 'software'.")
        : production && value == Identity.Keys.PersonKeys.Software
        ? throw new SettingRefusedException("PersonKeys", "is 'software', which is for development; in production it must name a hardware token of the key folder.")
        : value;

    private static KeyAlgorithm AlgorithmOfPersonKeys(string value) =>
        Identity.Keys.PersonKeys.Algorithms.Cast<KeyAlgorithm?>().FirstOrDefault(known => known.ToString() == value)
            ?? throw new SettingRefusedException("PersonKeyAlgorithm", $"must be one of {string.Join(", ", Identity.Keys.PersonKeys.Algorithms)}.");

    private static string ObjectIdentifier(string value) =>
        value.Length is > 2 and < 100 && value.All(c => char.IsAsciiDigit(c) || c == '.')
            ? value
            : throw new SettingRefusedException("TimestampPolicies", "must hold object identifiers such as 1.2.3.");

    // It names the audit file of this copy of the service.
    private static string InstanceName(string? value)
    {
        var name = string.IsNullOrWhiteSpace(value) ? Environment.MachineName : value;
        return name.Length <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && name[0] != '.'
            ? name
            : throw new SettingRefusedException("Instance", "must have 1 to 64 letters, digits, '-', '_' and '.'.");
    }

    private static TimeSpan Within(TimeSpan value, string field, TimeSpan least, TimeSpan most) => value >= least && value <= most
        ? value
        : throw new SettingRefusedException(field, $"must be from {least} to {most}.");

    private static X509Certificate2 Anchor(string file)
    {
        try
        {
            return X509CertificateLoader.LoadCertificateFromFile(file);
        }
        catch (CryptographicException)
        {
            throw new SettingRefusedException("TrustDirectory", $"holds {Path.GetFileName(file)}, which is not a certificate.");
        }
    }
}
