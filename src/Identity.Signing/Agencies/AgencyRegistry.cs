using Identity.Signing.Pades;
using Identity.Web.Outgoing;

namespace Identity.Signing.Agencies;

/// <summary>An agency that may ask for signatures.</summary>
/// <param name="LowestLevel">B-T unless the operator lets it ask for signatures without any proof of time.</param>
public sealed record Agency(string ClientId, string Name, IReadOnlyList<string> ReturnPrefixes, PadesLevel LowestLevel)
{
    /// <summary>It may have signatures raised, its own and strangers'.</summary>
    public bool MayExtend { get; init; }

    /// <summary>Addresses that events may be sent to, each exactly so.</summary>
    public IReadOnlyList<Uri> WebhookUrls { get; init; } = [];

    /// <summary>The registered address that this is, or null: no request makes us call another.</summary>
    public Uri? AcceptWebhookUrl(string? value) => WebhookUrls.FirstOrDefault(known => known.AbsoluteUri == value || known.OriginalString == value);

    /// <summary>The level for this word, or the service's own for none; null when there is no such level, or this agency or this service may not have it.</summary>
    public PadesLevel? AskedLevel(string? word, SigningSettings settings) =>
        (word is null ? (PadesLevel)Math.Max((int)settings.Level, (int)LowestLevel) : PadesLevels.Read(word)) is { } level
        && level >= LowestLevel && (level <= PadesLevel.T || settings.StatusSources.Any) ? level : null;

    /// <summary>
    /// The address to send the person back to, or null when it is not registered. Compared after normalisation (dot segments,
    /// escapes, letter case of the host), so that what was compared is what the browser will open.
    /// </summary>
    public Uri? AcceptReturnUrl(string value)
    {
        if (value.Length > AgencyRegistry.LongestReturnUrl || value.Any(c => char.IsControl(c) || c is '\\' or ' ')
            || !Uri.TryCreate(value, UriKind.Absolute, out var address)
            || address.UserInfo.Length > 0 || address.Fragment.Length > 0)
            return null;
        // An escaped dot or slash is one thing to us and may be another to the agency's server.
        if (address.AbsolutePath.Contains("%2e", StringComparison.OrdinalIgnoreCase)
            || address.AbsolutePath.Contains("%2f", StringComparison.OrdinalIgnoreCase)
            || address.AbsolutePath.Contains("%5c", StringComparison.OrdinalIgnoreCase))
            return null;
        return ReturnPrefixes.Any(prefix => address.AbsoluteUri.StartsWith(prefix, StringComparison.Ordinal)) ? address : null;
    }
}

/// <summary>The agencies of the settings, by client_id.</summary>
public sealed class AgencyRegistry
{
    public const int LongestReturnUrl = 2000;

    /// <summary>Also the longest requester of an approval.</summary>
    public const int LongestName = 200;

    private readonly Dictionary<string, Agency> agencies;

    private AgencyRegistry(Dictionary<string, Agency> agencies) => this.agencies = agencies;

    public bool AnyWebhook => agencies.Values.Any(agency => agency.WebhookUrls.Count > 0);

    public Agency? Find(string clientId) => agencies.GetValueOrDefault(clientId);

    internal static AgencyRegistry Check(IReadOnlyList<AgencyOptions> options, bool production)
    {
        var agencies = new Dictionary<string, Agency>(StringComparer.Ordinal);
        for (var i = 0; i < options.Count; i++)
        {
            var (field, agency) = ($"Agencies:{i}", options[i]);
            if (string.IsNullOrWhiteSpace(agency.ClientId))
                throw new SettingRefusedException(field + ":ClientId", "must be the agency's client_id.");
            if (string.IsNullOrWhiteSpace(agency.Name) || agency.Name.Length > LongestName || agency.Name.Any(char.IsControl))
                throw new SettingRefusedException(field + ":Name", $"must have 1 to {LongestName} characters.");
            var prefixes = agency.ReturnUrls.Select(url => Prefix(url, field + ":ReturnUrls", production)).ToArray();
            if ((string.IsNullOrEmpty(agency.LowestLevel) ? PadesLevel.T : PadesLevels.Read(agency.LowestLevel)) is not { } lowest)
                throw new SettingRefusedException(field + ":LowestLevel", "must be B-B, B-T, B-LT or B-LTA.");
            var webhooks = agency.WebhookUrls.Select(url => Webhook(url, field + ":WebhookUrls", production)).ToArray();
            if (!agencies.TryAdd(agency.ClientId, new Agency(agency.ClientId, agency.Name, prefixes, lowest) { WebhookUrls = webhooks, MayExtend = agency.MayExtend }))
                throw new SettingRefusedException(field + ":ClientId", "is listed twice.");
        }

        return new AgencyRegistry(agencies);
    }

    private static Uri Webhook(string value, string field, bool production)
    {
        var address = SigningSettings.AnyAddress(value, field, production);
        return new AllowedAddresses([], !production).Allows(address)
            ? address
            : throw new SettingRefusedException(field, "must be an https address, or in Development an http address on loopback.");
    }

    private static string Prefix(string value, string field, bool production)
    {
        var address = SigningSettings.AnyAddress(value, field, production);
        // Without the slash `https://agency.example` would also admit `https://agency.example.evil`.
        return address.AbsoluteUri.EndsWith('/') && address.Query.Length == 0
            ? address.AbsoluteUri
            : throw new SettingRefusedException(field, "must end with a slash and have no query.");
    }
}
