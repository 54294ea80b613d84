using Identity.Signing.Agencies;

namespace Identity.Signing.Seals;

/// <summary>Which agency may have documents sealed with which seal: settings, checked.</summary>
public sealed class SealRegistry
{
    private const int MostSeals = 64;
    private const int LongestName = 64;

    private readonly Dictionary<string, HashSet<string>> agencies;

    private SealRegistry(Dictionary<string, HashSet<string>> agencies) => this.agencies = agencies;

    /// <summary>Those of them whose keys are outside the standards; in development alone.</summary>
    public IReadOnlySet<string> Experimental { get; private init; } = new HashSet<string>();

    public IReadOnlyCollection<string> Names => agencies.Keys;

    /// <summary>The names of the seals that this agency may use, in the order of the settings.</summary>
    public IReadOnlyList<string> Of(Agency agency) => [.. agencies.Where(seal => seal.Value.Contains(agency.ClientId)).Select(seal => seal.Key)];

    internal static SealRegistry Check(IReadOnlyList<SealOptions> options, AgencyRegistry known, bool production)
    {
        var seals = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        if (options.Count > MostSeals)
            throw new SettingRefusedException("Seals", $"must be at most {MostSeals}.");
        for (var i = 0; i < options.Count; i++)
        {
            var (field, seal) = ($"Seals:{i}", options[i]);
            if (seal.Name is not { Length: > 0 and <= LongestName } name || !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
                throw new SettingRefusedException(field + ":Name", $"must name a key of the key folder: 1 to {LongestName} characters of a-z, 0-9 and '-'.");
            if (seal.Agencies.Count == 0 || seal.Agencies.Exists(client => known.Find(client) is null))
                throw new SettingRefusedException(field + ":Agencies", "must name agencies of the setting Agencies by their ClientId, at least one.");
            // No token here makes such keys, and nobody relies on them: production has none.
            if (seal.Experimental && production)
                throw new SettingRefusedException(field + ":Experimental", "is for development: keys of ML-DSA-65 are in software, and their signatures are outside EN 319 142-1 and TS 119 312.");
            if (!seals.TryAdd(name, [.. seal.Agencies]))
                throw new SettingRefusedException(field + ":Name", "is listed twice.");
        }

        return new SealRegistry(seals) { Experimental = options.Where(seal => seal.Experimental).Select(seal => seal.Name!).ToHashSet(StringComparer.Ordinal) };
    }
}
