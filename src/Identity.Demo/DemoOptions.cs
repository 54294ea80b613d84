namespace Identity.Demo;

/// <summary>The section <c>Demo</c> of the settings as written; <see cref="DemoSettings.Check"/> makes it trustworthy.</summary>
public sealed class DemoOptions
{
    /// <summary><c>tax</c>, <c>health</c> or <c>land</c>.</summary>
    public string? Portal { get; set; }

    public string? PublicAddress { get; set; }

    /// <summary>The issuer that people sign in at.</summary>
    public string? Authority { get; set; }

    public string? ClientId { get; set; }

    /// <summary>PEM file with the EC P-256 key of <c>private_key_jwt</c>.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Folder for the cookie protection keys and, at the Land Registry, the deeds.</summary>
    public string? Data { get; set; }

    /// <summary>Address of Signing; the Land Registry needs it.</summary>
    public string? Signing { get; set; }

    /// <summary>Address of Verification, linked from a received document; may be absent.</summary>
    public string? Verification { get; set; }

    /// <summary>Other portals to try next, shown in the demonstration box; may be empty.</summary>
    public List<OtherPortal> Others { get; set; } = [];

    /// <summary>The demo people, shown in the demonstration box; may be empty.</summary>
    public List<DemoPerson> People { get; set; } = [];
}

public sealed class DemoPerson
{
    public string Name { get; set; } = "";

    public string Code { get; set; } = "";

    /// <summary>Semantic identifier, by which the Land Registry names a signer.</summary>
    public string Identifier { get; set; } = "";
}

public sealed class OtherPortal
{
    /// <summary><c>tax</c>, <c>health</c> or <c>land</c>.</summary>
    public string Portal { get; set; } = "";

    public string Address { get; set; } = "";
}
