namespace Identity.Verification;

/// <summary>The section Verification of the settings, as found: see <see cref="VerificationSettings"/>.</summary>
public sealed class VerificationOptions
{
    /// <summary>The address that browsers know the service by.</summary>
    public string PublicAddress { get; set; } = "";

    /// <summary>Folders of trusted certificates (*.cer, *.crt, *.pem, *.der).</summary>
    public string[] TrustDirectories { get; set; } = [];

    /// <summary>A folder of ETSI trusted lists (*.xml): one list of lists and those that it points to; empty = none.</summary>
    public string TrustedListDirectory { get; set; } = "";

    /// <summary>A folder of the certificates that may sign the list of lists.</summary>
    public string TrustedListSigners { get; set; } = "";

    /// <summary>
    /// Addresses of the list of lists and of others, which are fetched into TrustedListDirectory, then each copy's own; empty = nothing is fetched.
    /// No address that a list names is asked.
    /// </summary>
    public string[] TrustedListSources { get; set; } = [];

    /// <summary>How often lists are fetched, and the folder is read again.</summary>
    public TimeSpan TrustedListsEvery { get; set; } = TimeSpan.FromHours(6);

    /// <summary>The validation policy, a JSON file (specs/validation-policy.json is an example); empty = the one that needs no file.</summary>
    public string PolicyFile { get; set; } = "";

    /// <summary>The address of Signing, which is asked what was signed under the code of a printed page; empty = nobody is asked.</summary>
    public string Signing { get; set; } = "";

    /// <summary>Beginnings of addresses that may be asked about revocation.</summary>
    public string[] AllowedRevocationSources { get; set; } = [];

    /// <summary>Bytes of one document.</summary>
    public long MaxFileBytes { get; set; } = 100L * 1024 * 1024;

    /// <summary>Bytes of all documents held at one time: uploads beyond it are asked to come back.</summary>
    public long MaxBytesInFlight { get; set; } = 512L * 1024 * 1024;

    /// <summary>Validations at one time; 0 stands for the number of processors.</summary>
    public int ParallelValidations { get; set; }

    /// <summary>How long an upload waits for its turn.</summary>
    public TimeSpan QueueTime { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long one validation may take.</summary>
    public TimeSpan ValidationTime { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests from one address (of IPv6: one /64) in a minute, at each copy of the service.</summary>
    public int RequestsPerAddress { get; set; } = 6000;

    /// <summary>Of them, those that open the page of a printed code: each asks Signing, to which all of them come from here.</summary>
    public int CodesPerAddress { get; set; } = 120;

    /// <summary>Shows changed pages before and after, drawn by poppler in a child process, where that is installed.</summary>
    public bool DrawPages { get; set; } = true;
}
