namespace Identity.Authority;

/// <summary>A setting that the Authority refuses to start with. The message names the setting and what it breaks.</summary>
public sealed class AuthoritySettingsException(string setting, string problem) : Exception($"Authority:{setting} {problem}");

/// <summary>The checked settings. Made by <see cref="Check"/> alone.</summary>
public sealed record AuthoritySettings
{
    /// <summary>An enterprise arc that belongs to nobody: for development only.</summary>
    internal const string ExampleArc = "1.3.6.1.4.1.99999.";

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
    public required TimeSpan PersonValidity { get; init; }
    public required string PersonPolicy { get; init; }
    public required string ApprovedDocumentsExtension { get; init; }
    public required string TimestampPolicy { get; init; }
    public required int TimestampAccuracySeconds { get; init; }
    public required TimeSpan OcspValidity { get; init; }
    public required TimeSpan RevocationListValidity { get; init; }
    public required IReadOnlyList<string> RevocationLists { get; init; }
    public required bool Production { get; init; }

    public static AuthoritySettings Check(AuthorityOptions options, bool production)
    {
        var address = Address(options.PublicAddress, nameof(PublicAddress), mustBeHttps: production);
        var provider = Address(options.Provider, nameof(Provider), mustBeHttps: production);
        return new AuthoritySettings
        {
            PublicAddress = address,
            StatusAddress = string.IsNullOrEmpty(options.StatusAddress) ? address : Address(options.StatusAddress, nameof(StatusAddress), mustBeHttps: false),
            Provider = provider,
            ApprovalOrigins = options.ApprovalOrigins is []
                ? [provider.GetLeftPart(UriPartial.Authority)]
                : [.. options.ApprovalOrigins.Select(o => Address(o + "/", nameof(ApprovalOrigins), mustBeHttps: production).GetLeftPart(UriPartial.Authority))],
            Database = Required(options.Database, nameof(Database)),
            Audit = Path.GetFullPath(Required(options.Audit, nameof(Audit))),
            Keys = Path.GetFullPath(Required(options.Keys, nameof(Keys))),
            ClientKey = Path.GetFullPath(Required(options.ClientKey, nameof(ClientKey))),
            ClientId = Required(options.ClientId, nameof(ClientId)),
            PersonValidity = Within(options.PersonValidity, nameof(PersonValidity), TimeSpan.FromMinutes(1), TimeSpan.FromHours(24)),
            PersonPolicy = ObjectIdentifier(options.PersonPolicy, nameof(PersonPolicy), production),
            ApprovedDocumentsExtension = ObjectIdentifier(options.ApprovedDocumentsExtension, nameof(ApprovedDocumentsExtension), production),
            TimestampPolicy = ObjectIdentifier(options.TimestampPolicy, nameof(TimestampPolicy), production),
            TimestampAccuracySeconds = options.TimestampAccuracySeconds is >= 1 and <= 60
                ? options.TimestampAccuracySeconds
                : throw new AuthoritySettingsException(nameof(TimestampAccuracySeconds), "must be from 1 to 60."),
            OcspValidity = Within(options.OcspValidity, nameof(OcspValidity), TimeSpan.FromMinutes(1), TimeSpan.FromDays(1)),
            RevocationListValidity = Within(options.RevocationListValidity, nameof(RevocationListValidity), TimeSpan.FromMinutes(10), TimeSpan.FromDays(31)),
            RevocationLists = options.RevocationLists is [] ? [IssuingAuthority, RootAuthority] : [.. options.RevocationLists.Distinct()],
            Production = production,
        };
    }

    private static Uri Address(string? value, string setting, bool mustBeHttps)
    {
        if (!Uri.TryCreate(value, UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp)
            || address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0 || !address.AbsoluteUri.EndsWith('/'))
            throw new AuthoritySettingsException(setting, "must be an absolute http(s) address that ends with a slash.");
        return mustBeHttps && address.Scheme != Uri.UriSchemeHttps
            ? throw new AuthoritySettingsException(setting, "must be an https address in production.")
            : address;
    }

    private static string Required(string? value, string setting) =>
        string.IsNullOrWhiteSpace(value) ? throw new AuthoritySettingsException(setting, "is missing.") : value;

    private static TimeSpan Within(TimeSpan value, string setting, TimeSpan least, TimeSpan most) =>
        value >= least && value <= most ? value : throw new AuthoritySettingsException(setting, $"must be from {least} to {most}.");

    private static string ObjectIdentifier(string value, string setting, bool production)
    {
        if (value.Length is < 3 or > 100 || !value.Contains('.', StringComparison.Ordinal) || value.Any(c => !char.IsAsciiDigit(c) && c != '.'))
            throw new AuthoritySettingsException(setting, "must be an object identifier such as 1.2.3.");
        return production && value.StartsWith(ExampleArc, StringComparison.Ordinal)
            ? throw new AuthoritySettingsException(setting, "is an example; in production it must be an identifier of your own.")
            : value;
    }
}
