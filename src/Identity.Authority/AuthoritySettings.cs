using Identity.Authority.Issuance;
using Identity.Authority.Issuers;
using Identity.Authority.Storage;
using Identity.Authority.Timestamps;

namespace Identity.Authority;

/// <summary>A setting that the Authority refuses to start with. The message names the setting and what it breaks.</summary>
public sealed class AuthoritySettingsException(string setting, string problem) : Exception($"Authority:{setting} {problem}");

/// <summary>The checked settings. Made by <see cref="Check"/> alone.</summary>
public sealed record AuthoritySettings
{
    /// <summary>An enterprise arc that belongs to nobody: for development only.</summary>
    internal const string ExampleArc = "1.3.6.1.4.1.99999.";

    /// <summary>Each is looked at every second.</summary>
    public const int MaxShards = 64;

    public const string IssuingAuthority = "issuing-ca";
    public const string RootAuthority = "root-ca";

    private AuthoritySettings() { }

    public required Uri PublicAddress { get; init; }
    public required Uri StatusAddress { get; init; }
    public required Uri Provider { get; init; }
    public required IReadOnlyList<string> ApprovalOrigins { get; init; }
    public required string Database { get; init; }
    public required string Audit { get; init; }
    public required string Keys { get; init; }
    public required string ClientKey { get; init; }
    public required string ClientId { get; init; }
    public required IReadOnlyList<IssuerSettings> Issuers { get; init; }
    public required CertificateProfile Person { get; init; }

    /// <summary>People's credentials for one session of remote signing; null when none are certified: in production without a policy of its own.</summary>
    public required CertificateProfile? Session { get; init; }

    /// <summary>Null when no authority here certifies organisations.</summary>
    public required CertificateProfile? Seal { get; init; }

    public required string ApprovedDocumentsExtension { get; init; }
    public required string TimestampPolicy { get; init; }
    public required int TimestampAccuracySeconds { get; init; }
    public required TimeSpan OcspValidity { get; init; }
    public required bool OcspNeverIssuedIsRevoked { get; init; }
    public required ClockSource TrustedClock { get; init; }

    /// <summary>There when the source is a file.</summary>
    public required string? ClockFile { get; init; }

    public required TimeSpan RevocationListValidity { get; init; }
    public required int RevocationListShards { get; init; }
    public required IReadOnlyList<string> RevocationLists { get; init; }
    public required bool Production { get; init; }

    public static AuthoritySettings Check(AuthorityOptions options, bool production)
    {
        var address = Address(options.PublicAddress, nameof(PublicAddress), mustBeHttps: production);
        var provider = Address(options.Provider, nameof(Provider), mustBeHttps: production);
        var status = string.IsNullOrEmpty(options.StatusAddress) ? address : Address(options.StatusAddress, nameof(StatusAddress), mustBeHttps: false);
        var issuers = CheckIssuers(options.Issuers);
        var documents = ObjectIdentifier(options.ApprovedDocumentsExtension, nameof(ApprovedDocumentsExtension), production);
        var clock = Clock(options.TrustedClock, production);
        var person = ProfileSettings.Person(options.Person, Addresses(Certifies.People)!, documents, production);
        return new AuthoritySettings
        {
            PublicAddress = address,
            StatusAddress = status,
            Provider = provider,
            ApprovalOrigins = options.ApprovalOrigins is []
                ? [provider.GetLeftPart(UriPartial.Authority)]
                : [.. options.ApprovalOrigins.Select(o => Address(o + "/", nameof(ApprovalOrigins), mustBeHttps: production).GetLeftPart(UriPartial.Authority))],
            Database = DatabaseKind.Check(Required(options.Database, nameof(Database))),
            Audit = Path.GetFullPath(Required(options.Audit, nameof(Audit))),
            Keys = Path.GetFullPath(Required(options.Keys, nameof(Keys))),
            ClientKey = Path.GetFullPath(Required(options.ClientKey, nameof(ClientKey))),
            ClientId = Required(options.ClientId, nameof(ClientId)),
            Issuers = issuers,
            Person = person,
            Session = production && string.IsNullOrEmpty(options.Session.Policy) ? null : ProfileSettings.Session(options.Session, Addresses(Certifies.People)!, person.Policies[0], production),
            Seal = Addresses(Certifies.Seals) is { } seals ? ProfileSettings.Seal(options.Seal, seals, production) : null,
            ApprovedDocumentsExtension = documents,
            TimestampPolicy = ObjectIdentifier(options.TimestampPolicy, nameof(TimestampPolicy), production),
            TimestampAccuracySeconds = options.TimestampAccuracySeconds is >= 1 and <= 60
                ? options.TimestampAccuracySeconds
                : throw new AuthoritySettingsException(nameof(TimestampAccuracySeconds), "must be from 1 to 60."),
            OcspValidity = Within(options.OcspValidity, nameof(OcspValidity), TimeSpan.FromMinutes(1), TimeSpan.FromDays(1)),
            OcspNeverIssuedIsRevoked = options.OcspNeverIssued switch
            {
                "unknown" => false,
                "revoked" => true,
                _ => throw new AuthoritySettingsException(nameof(options.OcspNeverIssued), "must be unknown or revoked."),
            },
            TrustedClock = clock,
            ClockFile = clock == ClockSource.File ? Path.GetFullPath(Required(options.ClockFile, nameof(ClockFile))) : null,
            RevocationListShards = options.RevocationListShards is >= 0 and <= MaxShards
                ? options.RevocationListShards
                : throw new AuthoritySettingsException(nameof(RevocationListShards), $"must be from 0 to {MaxShards}."),
            RevocationListValidity = Within(options.RevocationListValidity, nameof(RevocationListValidity), TimeSpan.FromMinutes(10), TimeSpan.FromDays(31)),
            RevocationLists = options.RevocationLists is [] ? [.. issuers.Select(i => i.Name), RootAuthority] : [.. options.RevocationLists.Distinct()],
            Production = production,
        };

        StatusAddresses? Addresses(Certifies certifies) =>
            issuers.FirstOrDefault(i => i.Certifies == certifies) is { } issuer ? new StatusAddresses(status, issuer.Name, HasResponder: true, options.RevocationListShards) : null;
    }

    private static List<IssuerSettings> CheckIssuers(IList<IssuerOptions> options)
    {
        if (options is []) return [new IssuerSettings(IssuingAuthority, "ocsp", Certifies.People)];
        var issuers = options.Select((issuer, number) => new IssuerSettings(
            Required(issuer.Name, $"{nameof(Issuers)}:{number}:Name"),
            Required(issuer.Responder, $"{nameof(Issuers)}:{number}:Responder"),
            Enum.GetNames<Certifies>().Contains(issuer.Certifies, StringComparer.Ordinal)
                ? Enum.Parse<Certifies>(issuer.Certifies!)
                : throw new AuthoritySettingsException($"{nameof(Issuers)}:{number}:Certifies", $"must be one of {string.Join(", ", Enum.GetNames<Certifies>())}."))).ToList();
        if (issuers.SelectMany(i => new[] { i.Name, i.Responder }).Append(RootAuthority).GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new AuthoritySettingsException(nameof(Issuers), $"name '{twice.Key}' for two things; each key has one purpose.");
        if (issuers.Count(i => i.Certifies == Certifies.People) != 1) throw new AuthoritySettingsException(nameof(Issuers), "must have exactly one that certifies People.");
        return issuers.Count(i => i.Certifies == Certifies.Seals) <= 1 ? issuers : throw new AuthoritySettingsException(nameof(Issuers), "has more than one that certifies Seals.");
    }

    internal static Uri Address(string? value, string setting, bool mustBeHttps)
    {
        if (!Uri.TryCreate(value, UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp)
            || address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0 || !address.AbsoluteUri.EndsWith('/'))
            throw new AuthoritySettingsException(setting, "must be an absolute http(s) address that ends with a slash.");
        return mustBeHttps && address.Scheme != Uri.UriSchemeHttps
            ? throw new AuthoritySettingsException(setting, "must be an https address in production.")
            : address;
    }

    private static ClockSource Clock(string value, bool production)
    {
        if (!Enum.GetNames<ClockSource>().Contains(value, StringComparer.Ordinal)) throw new AuthoritySettingsException(nameof(TrustedClock), $"must be one of {string.Join(", ", Enum.GetNames<ClockSource>())}.");
        return production && value == nameof(ClockSource.Unchecked)
            ? throw new AuthoritySettingsException(nameof(TrustedClock), "is Unchecked, which is for development; stamps of a clock that nobody keeps prove nothing.")
            : Enum.Parse<ClockSource>(value);
    }

    private static string Required(string? value, string setting) =>
        string.IsNullOrWhiteSpace(value) ? throw new AuthoritySettingsException(setting, "is missing.") : value;

    internal static TimeSpan Within(TimeSpan value, string setting, TimeSpan least, TimeSpan most) =>
        value >= least && value <= most ? value : throw new AuthoritySettingsException(setting, $"must be from {least} to {most}.");

    internal static string ObjectIdentifier(string value, string setting, bool production)
    {
        if (value.Length is < 3 or > 100 || !value.Contains('.', StringComparison.Ordinal) || value.Any(c => !char.IsAsciiDigit(c) && c != '.'))
            throw new AuthoritySettingsException(setting, "must be an object identifier such as 1.2.3.");
        return production && value.StartsWith(ExampleArc, StringComparison.Ordinal)
            ? throw new AuthoritySettingsException(setting, "is an example; in production it must be an identifier of your own.")
            : value;
    }
}
