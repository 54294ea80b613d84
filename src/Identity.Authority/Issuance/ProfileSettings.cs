using Identity.Keys;
using Identity.Pkix.Asn1;
using Identity.Pkix.X509;

namespace Identity.Authority.Issuance;

/// <summary>Makes checked profiles. A refusal names the setting and what it breaks.</summary>
internal static class ProfileSettings
{
    private const int MaxRetentionYears = 100;
    private const int MaxDisclosures = 16;
    private const int MaxAddress = 200;

    private static readonly KeyAlgorithm[] Certified = [KeyAlgorithm.EcdsaP256, KeyAlgorithm.EcdsaP384, KeyAlgorithm.Rsa3072, KeyAlgorithm.Ed25519];

    /// <summary>People: for one signature, so minutes, at most a day.</summary>
    public static CertificateProfile Person(ProfileOptions options, StatusAddresses addresses, string documentsExtension, bool production) =>
        Profile("Person", CertificateKind.Person, options, addresses, production) with
        {
            Validity = AuthoritySettings.Within(options.Validity ?? TimeSpan.FromMinutes(15), "Person:Validity", TimeSpan.FromMinutes(1), TimeSpan.FromHours(24)),
            Policies = [AuthoritySettings.ObjectIdentifier(options.Policy ?? AuthoritySettings.ExampleArc + "1.1", "Person:Policy", production)],
            ApprovedDocumentsExtension = documentsExtension,
        };

    /// <summary>People, for one session of remote signing: an hour at most. A policy of its own, so that nobody takes it for a certificate that names its documents.</summary>
    public static CertificateProfile Session(ProfileOptions options, StatusAddresses addresses, string personPolicy, bool production)
    {
        var policy = AuthoritySettings.ObjectIdentifier(options.Policy ?? AuthoritySettings.ExampleArc + "1.4", "Session:Policy", production);
        if (policy == personPolicy) throw new AuthoritySettingsException("Session:Policy", "is that of Person; the two say different things.");
        return Profile("Session", CertificateKind.Person, options, addresses, production) with
        {
            Validity = AuthoritySettings.Within(options.Validity ?? TimeSpan.FromMinutes(15), "Session:Validity", TimeSpan.FromMinutes(1), TimeSpan.FromHours(1)),
            Policies = [policy],
        };
    }

    /// <summary>Organisations: a key that is kept, three years at most.</summary>
    public static CertificateProfile Seal(ProfileOptions options, StatusAddresses addresses, bool production) =>
        Profile("Seal", CertificateKind.Seal, options, addresses, production) with
        {
            Validity = AuthoritySettings.Within(options.Validity ?? TimeSpan.FromDays(730), "Seal:Validity", TimeSpan.FromDays(1), TimeSpan.FromDays(1096)),
            Policies = [AuthoritySettings.ObjectIdentifier(options.Policy ?? AuthoritySettings.ExampleArc + "1.3", "Seal:Policy", production)],
            Keys = SealKeys(options.Keys, production),
        };

    /// <summary>ML-DSA-65 beside the others, for experiments: TS 119 312 does not list it.</summary>
    private static IReadOnlyList<KeyAlgorithm> SealKeys(IList<string> names, bool production)
    {
        const string Experimental = nameof(KeyAlgorithm.MlDsa65);
        if (!names.Contains(Experimental))
            return Keys(names, "Seal:Keys");
        if (production)
            throw new AuthoritySettingsException("Seal:Keys", $"has {Experimental}, which is for development.");
        var others = names.Where(name => name != Experimental).ToList();
        return others is [] ? [KeyAlgorithm.MlDsa65] : [.. Keys(others, "Seal:Keys"), KeyAlgorithm.MlDsa65];
    }

    /// <summary>Names of algorithms into kinds that are certified here.</summary>
    public static IReadOnlyList<KeyAlgorithm> Keys(IEnumerable<string> names, string setting)
    {
        var keys = names.Select(name => Array.Find(Certified, k => k.ToString() == name) is var key && key.ToString() == name
            ? key
            : throw new AuthoritySettingsException(setting, $"must be among {string.Join(", ", Certified)}.")).Distinct().ToList();
        return keys.Count > 0 ? keys : [KeyAlgorithm.EcdsaP256];
    }

    private static CertificateProfile Profile(string name, CertificateKind kind, ProfileOptions options, StatusAddresses addresses, bool production) => new(name, kind)
    {
        Validity = default,
        Keys = kind == CertificateKind.Seal ? [] : Keys(options.Keys, name + ":Keys"),
        Addresses = addresses,
        Statements = Statements(options, kind, name),
    };

    private static QualifiedStatements Statements(ProfileOptions options, CertificateKind kind, string name)
    {
        var (qualified, setting) = (options.Qualified, name + ":Qualified:");
        // EN 319 412-5 4.2.2: a device is a claim about a qualified certificate.
        if (qualified.Device && !qualified.Compliance) throw new AuthoritySettingsException(setting + "Device", "is claimed without Compliance.");
        if (qualified.RetentionYears is < 0 or > MaxRetentionYears) throw new AuthoritySettingsException(setting + "RetentionYears", $"must be from 0 to {MaxRetentionYears}.");
        if (qualified.Disclosures.Count > MaxDisclosures) throw new AuthoritySettingsException(setting + "Disclosures", $"are more than {MaxDisclosures}.");
        // EN 319 412-5 4.3.4: English always.
        if (qualified.Compliance && !qualified.Disclosures.ContainsKey("en")) throw new AuthoritySettingsException(setting + "Disclosures", "must have one in English (en) when Compliance is claimed.");
        return new QualifiedStatements
        {
            Semantics = !options.SemanticsIdentifier ? null : kind == CertificateKind.Person ? Oids.SemanticsNatural : Oids.SemanticsLegal,
            Compliance = qualified.Compliance,
            Device = qualified.Device,
            Types = qualified.Compliance ? [kind == CertificateKind.Person ? Oids.QualifiedTypeSignature : Oids.QualifiedTypeSeal] : [],
            RetentionYears = qualified.RetentionYears,
            Disclosures = [.. qualified.Disclosures.OrderBy(d => d.Key, StringComparer.Ordinal).Select(d => Disclosure(d.Key, d.Value, setting))],
        };
    }

    private static DisclosureStatement Disclosure(string language, string address, string setting)
    {
        if (language.Length != 2 || !language.All(char.IsAsciiLetterLower)) throw new AuthoritySettingsException(setting + "Disclosures", "must be named by a language of two small letters (ISO 639-1).");
        // EN 319 412-5 4.3.4: https.
        return address.Length <= MaxAddress && address.All(char.IsAscii) && Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps
            ? new DisclosureStatement(address, language)
            : throw new AuthoritySettingsException($"{setting}Disclosures:{language}", $"must be an https address of at most {MaxAddress} characters.");
    }
}
