namespace Identity.Authority.Issuers;

/// <summary>One issuing authority as it is written in the settings.</summary>
public sealed class IssuerOptions
{
    /// <summary>Of its key and certificate, and in addresses.</summary>
    public string? Name { get; set; }

    /// <summary>Of the key and certificate of the OCSP responder that this authority has certified to answer for it.</summary>
    public string? Responder { get; set; }

    /// <summary>People, Seals or Services.</summary>
    public string? Certifies { get; set; }
}

/// <summary>Whom an issuing authority certifies. Services: time-stamping units and responders, by ceremony.</summary>
public enum Certifies
{
    People,
    Seals,
    Services,
}

/// <summary>One issuing authority, checked. Its keys are known by name only.</summary>
public sealed record IssuerSettings(string Name, string Responder, Certifies Certifies);
