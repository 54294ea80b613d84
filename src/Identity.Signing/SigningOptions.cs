using Identity.Keys;

namespace Identity.Signing;

/// <summary>The section `Signing` as written by an operator; <see cref="SigningSettings.Check"/> makes it trustworthy.</summary>
public sealed class SigningOptions
{
    /// <summary>Where browsers and agencies reach this service, with a final slash.</summary>
    public string? PublicAddress { get; set; }

    /// <summary>Issuer of the Provider that signs people in, tells their approvals and issues the agencies' tokens.</summary>
    public string? Provider { get; set; }

    /// <summary>The Authority that certifies the keys of people.</summary>
    public string? Authority { get; set; }

    /// <summary>The RFC 3161 service; the Authority's `tsa` when empty.</summary>
    public string? Timestamps { get; set; }

    /// <summary>Policies under which a time-stamp is accepted (object identifiers); any when empty.</summary>
    public List<string> TimestampPolicies { get; set; } = [];

    /// <summary>
    /// What an address at which certificates' status is asked (OCSP, CRL) must begin with: the Authority's public address, and those of
    /// foreign authorities whose signatures are extended. Without any, no level above B-T.
    /// </summary>
    public List<string> StatusSources { get; set; } = [];

    /// <summary>B-B, B-T, B-LT or B-LTA when the request names none; B-LTA when there are StatusSources, else B-T.</summary>
    public string? Level { get; set; }

    /// <summary>How long a signature may wait for its time-stamp or the status of its certificates; zero: not at all.</summary>
    public TimeSpan PendingFor { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Page where a signed document can be verified: named on the last page, and in the QR code of visible signatures.</summary>
    public string? Verification { get; set; }

    /// <summary>PNG or JPEG file that visible signatures show beside the text, such as an emblem; none when empty.</summary>
    public string? AppearancePicture { get; set; }

    /// <summary>Folder with further TrueType fonts (*.ttf) for visible signatures, for scripts that the service's own do not have.</summary>
    public string? AppearanceFonts { get; set; }

    /// <summary>Database, documents and audit log.</summary>
    public string? DataDirectory { get; set; }

    /// <summary>Holds `client-signing` and `data-protection`.</summary>
    public string? KeysDirectory { get; set; }

    /// <summary>Where people's keys are made: the name of a hardware token of the key folder, or <c>software</c>, which production refuses.</summary>
    public string? PersonKeys { get; set; }

    /// <summary>What people's keys are: EcdsaP256, EcdsaP384, Rsa3072 (PSS), or Ed25519, which TS 119 312 does not list and many viewers do not know. Keys of remote signing are RSA-3072 with Rsa3072, otherwise P-256.</summary>
    public string PersonKeyAlgorithm { get; set; } = nameof(KeyAlgorithm.EcdsaP256);

    /// <summary>Root certificates (PEM or DER) under which certificates of people and of time-stamps are accepted.</summary>
    public string? TrustDirectory { get; set; }

    /// <summary>Origins at which people approve, when other than the Provider's.</summary>
    public List<string> ApprovalOrigins { get; set; } = [];

    /// <summary>WebAuthn relying party identifier of the Provider; the host of its address when empty.</summary>
    public string? RelyingPartyId { get; set; }

    public long MaxDocumentBytes { get; set; } = 100L * 1024 * 1024;

    /// <summary>How long a person stays signed in, however much the session is used.</summary>
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a person may take to sign.</summary>
    public TimeSpan RequestLifetime { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long documents stay after their request ended.</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>A signature that was begun and not ended for this long is called failed.</summary>
    public TimeSpan SigningDeadline { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Requests of strangers from one address (of IPv6: one /64) in a minute, at each copy of the service: printed codes, for which Verification asks for everybody, and csc/v2/info.</summary>
    public int OpenRequestsPerAddress { get; set; } = 12_000;

    /// <summary>How far the time of a time-stamp may be from our own.</summary>
    public TimeSpan ClockTolerance { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Name of this copy of the service; the machine's when empty.</summary>
    public string? Instance { get; set; }

    /// <summary>Country of the service (ISO 3166-1 Alpha-2), as its CSC API tells; XX belongs to none.</summary>
    public string Region { get; set; } = "XX";

    /// <summary>Private networks in which agencies' webhooks may be, as 10.1.2.0/24.</summary>
    public List<string> AllowedPrivateNetworks { get; set; } = [];
    /// <summary>Programs that are told at an address of theirs when an asynchronous call of the CSC API is done.</summary>
    public List<ProgramOptions> Programs { get; set; } = [];

    public List<AgencyOptions> Agencies { get; set; } = [];

    /// <summary>Seals of organisations, and who may use each.</summary>
    public List<SealOptions> Seals { get; set; } = [];
}

/// <summary>An organisation's electronic seal: a key that is kept, and that signs without any person.</summary>
public sealed class SealOptions
{
    /// <summary>Of its key and certificate in the key folder; the certificate's file holds its issuers too.</summary>
    public string? Name { get; set; }

    /// <summary>Its key is ML-DSA-65 (FIPS 204), outside the standards: it seals beside another seal of the same request and never alone. Production refuses it.</summary>
    public bool Experimental { get; set; }

    /// <summary>client_id of each agency that may have documents sealed with it.</summary>
    public List<string> Agencies { get; set; } = [];
}

/// <summary>An agency that may ask for signatures.</summary>
public sealed class AgencyOptions
{
    /// <summary>Its client_id at the Provider.</summary>
    public string? ClientId { get; set; }

    /// <summary>Shown to the person as the one who asks.</summary>
    public string? Name { get; set; }

    /// <summary>Where it may send the person back to: a return_url must begin with one of these. Each ends with a slash.</summary>
    public List<string> ReturnUrls { get; set; } = [];

    /// <summary>Where events of its ceremonies may be sent: https, in Development also http on a loopback address. Needs the key `event-signing`.</summary>
    public List<string> WebhookUrls { get; set; } = [];

    /// <summary>Whether it may have signatures of documents raised to a level and archives renewed.</summary>
    public bool MayExtend { get; set; }

    /// <summary>The lowest level that it may ask for; B-T when empty.</summary>
    public string? LowestLevel { get; set; }
}

/// <summary>A program that uses the CSC API.</summary>
public sealed class ProgramOptions
{
    /// <summary>Its client_id at the Provider.</summary>
    public string? ClientId { get; set; }

    /// <summary>The addresses it may name as response_uri, each exactly so.</summary>
    public List<string> ResponseUris { get; set; } = [];
}
