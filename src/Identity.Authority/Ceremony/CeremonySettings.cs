using System.Security.Cryptography;
using Identity.Authority.Issuance;
using Identity.Keys;
using Identity.Pkix.Asn1;
using Identity.Pkix.X509;
using Identity.Web;

namespace Identity.Authority.Ceremony;

/// <summary>A setting with which no ceremony is held. The message names the setting and what it breaks.</summary>
public sealed class CeremonyRefusedException(string message) : Exception(message);

/// <summary>One key with its certificate. <see cref="Issuer"/> is null for the root.</summary>
public sealed record CeremonyEntry(string Name, DistinguishedName Subject, KeyAlgorithm Key, CertificateProfile Profile, string? Issuer)
{
    public KeyPurpose Purpose => Profile.Kind switch
    {
        CertificateKind.TimestampingUnit => KeyPurpose.Timestamping,
        CertificateKind.OcspResponder => KeyPurpose.OcspResponder,
        _ => KeyPurpose.CertificateAuthority,
    };
}

/// <summary>The checked settings of ceremonies. Made by <see cref="Check"/> and <see cref="Read"/> alone.</summary>
public sealed record CeremonySettings
{
    private const int MaxEntries = 32;
    private const int MaxNameLength = 48;

    private CeremonySettings() { }

    public required int LeastAttendees { get; init; }
    public required TimeSpan RootListValidity { get; init; }
    public required CeremonyEntry Root { get; init; }
    public required IReadOnlyList<CeremonyEntry> Authorities { get; init; }
    public required IReadOnlyList<CeremonyEntry> Services { get; init; }

    /// <summary>SHA-256 of the settings file, for the record; of nothing when the settings come from code.</summary>
    public byte[] Sha256 { get; private init; } = SHA256.HashData([]);

    public static CeremonySettings Read(string file)
    {
        try
        {
            var content = File.ReadAllBytes(file);
            using var stream = new MemoryStream(content);
            var section = new ConfigurationBuilder().AddJsonStream(stream).Build().GetSection("Ceremony");
            // A misspelt setting would leave another in force than the one that was agreed on.
            return Check(section.Get<CeremonyOptions>(binder => binder.ErrorOnUnknownConfiguration = true) ?? new()) with { Sha256 = SHA256.HashData(content) };
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or InvalidDataException or FormatException or InvalidOperationException)
        {
            throw new CeremonyRefusedException($"The settings '{file}' cannot be read: {problem.Message}");
        }
    }

    public static CeremonySettings Check(CeremonyOptions options)
    {
        if (!Uri.TryCreate(options.StatusAddress, UriKind.Absolute, out var status) || (status.Scheme != Uri.UriSchemeHttps && status.Scheme != Uri.UriSchemeHttp) || !status.AbsoluteUri.EndsWith('/'))
            throw Refuse(nameof(options.StatusAddress), "must be an absolute http(s) address that ends with a slash.");
        if (options.Country is not { Length: 2 } country || !country.All(char.IsAsciiLetterUpper)) throw Refuse(nameof(options.Country), "must be two capital letters.");
        var organization = Text(options.Organization, nameof(options.Organization));
        if (options.LeastAttendees is < 1 or > 20) throw Refuse(nameof(options.LeastAttendees), "must be from 1 to 20.");
        var root = Entry(options.Root, "Root", CertificateKind.Root, AuthoritySettings.RootAuthority, null);
        var authorities = Entries(options.Authorities, nameof(options.Authorities), (entry, at) => Entry(entry, at, CertificateKind.Authority, entry.Name, root.Name));
        var services = Entries(options.Services, nameof(options.Services), (entry, at) => Entry(entry, at, KindOf(entry, at), entry.Name, IssuerOf(entry, at)));
        if (authorities.Concat(services).Append(root).GroupBy(e => e.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new CeremonyRefusedException($"Ceremony: '{twice.Key}' is named twice; each key has one purpose.");
        return new CeremonySettings
        {
            LeastAttendees = options.LeastAttendees,
            RootListValidity = TimeSpan.FromDays(Within(options.RootListDays, nameof(options.RootListDays), 1, 400)),
            Root = root,
            Authorities = authorities,
            Services = services,
        };

        string IssuerOf(CeremonyEntryOptions entry, string at) => authorities.Any(a => a.Name == entry.Issuer) ? entry.Issuer! : throw Refuse(at + ":Issuer", "must name one of the Authorities.");

        CeremonyEntry Entry(CeremonyEntryOptions entry, string at, CertificateKind kind, string? name, string? issuer)
        {
            if (name is not { Length: > 0 and <= MaxNameLength } || !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
                throw Refuse(at + ":Name", $"must be 1 to {MaxNameLength} characters of a-z, 0-9 and '-'.");
            var subject = new LegalPerson(country, organization, options.OrganizationIdentifier, Text(entry.CommonName, at + ":CommonName"));
            return new CeremonyEntry(name, subject.ToName(), KeyOf(entry, at), ProfileOf(entry, at, kind, issuer is null ? null : new StatusAddresses(status, issuer, kind == CertificateKind.TimestampingUnit, 0)), issuer);
        }
    }

    private static CertificateProfile ProfileOf(CeremonyEntryOptions entry, string at, CertificateKind kind, StatusAddresses? addresses)
    {
        // TS 119 312 9.3 and CA practice: the nearer to the people who rely on it, the shorter. A responder's status is not asked for (RFC 6960 4.2.2.2.1).
        var days = Within(entry.Days, at + ":Days", 1, kind switch
        {
            CertificateKind.Root => 30 * 366,
            CertificateKind.Authority or CertificateKind.TimestampingUnit => 15 * 366,
            _ => 2 * 366,
        });
        // The value would be RSASSA-PSS, which openssl, and what is built on it, does not verify in a time-stamp.
        if (kind == CertificateKind.TimestampingUnit && KeyOf(entry, at) == KeyAlgorithm.Rsa3072) throw Refuse(at + ":Key", "must be EcdsaP256 or EcdsaP384 for time-stamping.");
        TimeSpan? signing = null;
        if (kind == CertificateKind.TimestampingUnit) signing = TimeSpan.FromDays(Within(entry.SigningDays ?? 0, at + ":SigningDays", 1, days - 1));
        else if (entry.SigningDays is not null) throw Refuse(at + ":SigningDays", "is for time-stamping units alone.");
        return new CertificateProfile(kind.ToString(), kind)
        {
            Validity = TimeSpan.FromDays(days),
            Keys = [KeyOf(entry, at)],
            Addresses = addresses,
            Policies = entry.Policy is { } policy ? [policy] : kind == CertificateKind.Authority ? [Oids.AnyPolicy] : [],
            SigningPeriod = signing,
            PathLength = kind == CertificateKind.Authority ? 0 : null,
        };
    }

    private static List<CeremonyEntry> Entries(IList<CeremonyEntryOptions> options, string setting, Func<CeremonyEntryOptions, string, CeremonyEntry> make) => options.Count is > 0 and <= MaxEntries
        ? [.. options.Select((entry, number) => make(entry, $"{setting}:{number}"))]
        : throw Refuse(setting, $"must be 1 to {MaxEntries}.");

    private static CertificateKind KindOf(CeremonyEntryOptions entry, string at) => entry.Kind switch
    {
        "Timestamping" => CertificateKind.TimestampingUnit,
        "OcspResponder" => CertificateKind.OcspResponder,
        _ => throw Refuse(at + ":Kind", "must be Timestamping or OcspResponder."),
    };

    private static KeyAlgorithm KeyOf(CeremonyEntryOptions entry, string at)
    {
        try
        {
            // Ed25519 signs octets and not their hash, and a list may have a million: none of the keys that sign here.
            return ProfileSettings.Keys([entry.Key], at + ":Key")[0] is not KeyAlgorithm.Ed25519 and var key ? key : throw Refuse(at + ":Key", "must be EcdsaP256, EcdsaP384 or Rsa3072.");
        }
        catch (AuthoritySettingsException)
        {
            throw Refuse(at + ":Key", "must be EcdsaP256, EcdsaP384 or Rsa3072.");
        }
    }

    private static string Text(string? value, string setting) => value is not null && value.EnumerateRunes().Count() <= CertificateProfile.MaxCommonName && ShowableText.IsShowable(value)
        ? value
        : throw Refuse(setting, $"must be 1 to {CertificateProfile.MaxCommonName} characters that can be shown.");

    private static int Within(int value, string setting, int least, int most) => value >= least && value <= most ? value : throw Refuse(setting, $"must be from {least} to {most}.");

    private static CeremonyRefusedException Refuse(string setting, string problem) => new($"Ceremony:{setting} {problem}");
}
