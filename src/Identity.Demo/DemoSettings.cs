namespace Identity.Demo;

/// <summary>The three agencies. One program: they differ in name, in what they ask for, and the Land Registry has deeds signed.</summary>
public enum Portal
{
    Tax,
    Health,
    Land,
}

/// <summary>Checked settings. A refusal names the field.</summary>
public sealed record DemoSettings(
    Portal Portal,
    Uri PublicAddress,
    Uri Authority,
    string ClientId,
    string KeyFile,
    string Data,
    Uri? Signing,
    Uri? Verification,
    IReadOnlyList<(Portal Portal, Uri Address)> Others,
    IReadOnlyList<DemoPerson> People)
{
    /// <summary>Part of the cookies' names.</summary>
    public string Service => Portal.ToString().ToLowerInvariant();

    /// <summary>What this agency may know, each needed for its task: the person is asked to consent to it.</summary>
    public IReadOnlyList<string> Scopes => Portal switch
    {
        Portal.Health => ["openid", "profile", "birthdate"],
        Portal.Land => ["openid", "profile", "person_identifier"],
        _ => ["openid", "profile"],
    };

    public static DemoSettings Check(DemoOptions options, bool production)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (production)
            throw new InvalidOperationException("Identity.Demo shows enrolment codes and uses development keys: it does not run in Production.");
        var portal = PortalOf(options.Portal, nameof(options.Portal));
        return new DemoSettings(
            portal,
            Address(options.PublicAddress, nameof(options.PublicAddress)),
            Address(options.Authority, nameof(options.Authority)),
            options.ClientId is { Length: > 0 } id ? id : throw Refusal(nameof(options.ClientId), "is missing"),
            options.KeyFile is { Length: > 0 } file && File.Exists(file) ? file : throw Refusal(nameof(options.KeyFile), $"'{options.KeyFile}' is not a file"),
            options.Data ?? Path.Combine("data", $"demo-{portal.ToString().ToLowerInvariant()}"),
            options.Signing is null && portal != Portal.Land ? null : Address(options.Signing, nameof(options.Signing)),
            options.Verification is null ? null : Address(options.Verification, nameof(options.Verification)),
            [.. options.Others.Select(o => (PortalOf(o.Portal, nameof(options.Others)), Address(o.Address, nameof(options.Others))))],
            options.People);
    }

    static Portal PortalOf(string? value, string field) => value switch
    {
        "tax" => Portal.Tax,
        "health" => Portal.Health,
        "land" => Portal.Land,
        _ => throw Refusal(field, $"'{value}' is not one of tax, health, land"),
    };

    static Uri Address(string? value, string field) =>
        Uri.TryCreate(value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.AbsolutePath.EndsWith('/') && address.Query.Length == 0
            ? address
            : throw Refusal(field, $"'{value}' is not an http or https address that ends with a slash");

    static InvalidOperationException Refusal(string field, string reason) => new($"Setting Demo:{field} {reason}.");
}
