using Identity.Authority.Issuance;
using Identity.Authority.Issuers;
using Identity.Pkix.X509;

namespace Identity.Authority;

/// <summary>The settings as they are written; <see cref="AuthoritySettings.Check"/> makes the checked record of them.</summary>
public sealed class AuthorityOptions
{
    /// <summary>Where this service is reached, with a slash at the end: the audience of requests for certificates.</summary>
    public string? PublicAddress { get; set; }

    /// <summary>Where people's software fetches status and issuers, as written into certificates; the public address when empty. May be http: what it serves is signed.</summary>
    public string? StatusAddress { get; set; }

    /// <summary>The Provider whose evidence of approvals is accepted: its issuer identifier.</summary>
    public string? Provider { get; set; }

    /// <summary>Origins at which passkeys may approve; the Provider's when empty.</summary>
    public IList<string> ApprovalOrigins { get; } = [];

    /// <summary>Connection string: Host=... of PostgreSQL, which several instances share, or Data Source=... of SQLite.</summary>
    public string? Database { get; set; }

    /// <summary>File of the audit log. The command line writes into one beside it.</summary>
    public string? Audit { get; set; }

    /// <summary>Folder of keys and certificates.</summary>
    public string? Keys { get; set; }

    /// <summary>File with the public JWK of the one client that may ask for certificates.</summary>
    public string? ClientKey { get; set; }

    /// <summary>That client's identifier.</summary>
    public string ClientId { get; set; } = "signing";

    /// <summary>Certificates of people.</summary>
    public ProfileOptions Person { get; set; } = new();

    /// <summary>Certificates of people for one session of remote signing (CSC API). In production only with a policy of their own.</summary>
    public ProfileOptions Session { get; set; } = new();

    /// <summary>Certificates of organisations.</summary>
    public ProfileOptions Seal { get; set; } = new();

    /// <summary>The issuing authorities of this service; issuing-ca for people alone, with responder ocsp, when empty.</summary>
    public IList<IssuerOptions> Issuers { get; } = [];

    /// <summary>Extension of people's certificates that names the approved documents; verifiers must know it too.</summary>
    public string ApprovedDocumentsExtension { get; set; } = ApprovedDocuments.ExampleOid;

    /// <summary>Time-stamp policy.</summary>
    public string TimestampPolicy { get; set; } = AuthoritySettings.ExampleArc + "1.2";

    /// <summary>How far a time-stamp's time may be off.</summary>
    public int TimestampAccuracySeconds { get; set; } = 1;

    /// <summary>How long an OCSP answer may be relied on.</summary>
    public TimeSpan OcspValidity { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>What is said of a serial number that was never issued (RFC 6960 2.2): unknown, or revoked, which more software takes for a refusal.</summary>
    public string OcspNeverIssued { get; set; } = "unknown";

    /// <summary>What vouches for the clock of time-stamps: Kernel, File or, for development, Unchecked.</summary>
    public string TrustedClock { get; set; } = "Kernel";

    /// <summary>The file that a monitor of the clock writes, for File.</summary>
    public string? ClockFile { get; set; }

    /// <summary>
    /// Into how many lists the revocations of people's and organisations' certificates are divided; 0: the certificates name the one complete list, which there
    /// always is. All instances have the same number.
    /// </summary>
    public int RevocationListShards { get; set; }

    /// <summary>From thisUpdate to nextUpdate of a revocation list; a new one comes at half of it, and within seconds of a revocation.</summary>
    public TimeSpan RevocationListValidity { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// Issuers whose revocation lists are published; the issuing authorities and the root when empty. Where the issuer's key is not at hand (an offline root), its list
    /// is read from NAME.crl in the folder of keys.
    /// </summary>
    public IList<string> RevocationLists { get; } = [];
}
