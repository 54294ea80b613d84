namespace Identity.Authority.Ceremony;

/// <summary>What a ceremony makes, as it is written in its settings file (section Ceremony).</summary>
public sealed class CeremonyOptions
{
    /// <summary>Where status and issuers are fetched, as written into certificates.</summary>
    public string? StatusAddress { get; set; }

    /// <summary>Country of the organisation: two letters.</summary>
    public string? Country { get; set; }

    /// <summary>Whose authorities and services these are.</summary>
    public string? Organization { get; set; }

    /// <summary>Its identifier (EN 319 412-1 5.1.4), where it has one.</summary>
    public string? OrganizationIdentifier { get; set; }

    /// <summary>How many people attend at least.</summary>
    public int LeastAttendees { get; set; } = 2;

    /// <summary>From thisUpdate to nextUpdate of the root's revocation list: the root has to be brought out before that.</summary>
    public int RootListDays { get; set; } = 180;

    public CeremonyEntryOptions Root { get; set; } = new();

    /// <summary>Issuing authorities below the root.</summary>
    public IList<CeremonyEntryOptions> Authorities { get; } = [];

    /// <summary>Time-stamping units and OCSP responders below the issuing authorities.</summary>
    public IList<CeremonyEntryOptions> Services { get; } = [];
}

/// <summary>One certificate of a ceremony.</summary>
public sealed class CeremonyEntryOptions
{
    /// <summary>Of key and certificate; the root's is root-ca.</summary>
    public string? Name { get; set; }

    public string? CommonName { get; set; }

    /// <summary>EcdsaP256, EcdsaP384, Rsa3072.</summary>
    public string Key { get; set; } = "EcdsaP384";

    public int Days { get; set; }

    /// <summary>Of a time-stamping unit: how long its key signs, within its days.</summary>
    public int? SigningDays { get; set; }

    /// <summary>Of a service: Timestamping or OcspResponder.</summary>
    public string? Kind { get; set; }

    /// <summary>Of a service: the issuing authority.</summary>
    public string? Issuer { get; set; }

    /// <summary>Certificate policy, where one is stated; an issuing authority has any.</summary>
    public string? Policy { get; set; }
}
