using Identity.Pkix.X509;
using Identity.Verification.Trust;

namespace Identity.Verification.TrustedLists;

/// <summary>One trusted list (TS 119 612 5), read and not yet believed.</summary>
/// <param name="IsListOfLists">It points to the lists of others.</param>
/// <param name="Territory">SchemeTerritory: EU, EE, and so on.</param>
/// <param name="NextUpdate">Null for a list that is closed.</param>
public sealed record TrustedList(bool IsListOfLists, string Territory, long SequenceNumber, DateTimeOffset IssuedAt, DateTimeOffset? NextUpdate,
    IReadOnlyList<ListPointer> Pointers, IReadOnlyList<TrustService> Services);

/// <summary>Which list a service was read from.</summary>
/// <param name="File">Path.</param>
/// <param name="SequenceNumber">TS 119 612 5.3.2: goes up with each issue.</param>
public sealed record SourceList(string File, bool IsListOfLists, string Territory, long SequenceNumber)
{
    public SourceList(string file, TrustedList list) : this(file, list.IsListOfLists, list.Territory, list.SequenceNumber) { }
}

/// <summary>A pointer to another list (5.3.13): whose, and by whom it is signed.</summary>
public sealed record ListPointer(string Territory, bool IsListOfLists, IReadOnlyList<Certificate> Signers);

/// <summary>A service with what became of it (5.5, 5.6), the newest status first.</summary>
public sealed record TrustService(string Territory, string Provider, string Name, IReadOnlyList<Certificate> Identities, IReadOnlyList<ServiceStatus> Statuses)
{
    /// <summary>The status at a moment; null before the first.</summary>
    public ServiceStatus? At(DateTimeOffset moment) => Statuses.FirstOrDefault(status => status.Since <= moment);

    /// <summary>NextUpdate of the list that names it, or of the list of lists; null for lists that are closed.</summary>
    public DateTimeOffset? StatedUntil { get; init; }

    /// <summary>When it was granted, and for what, oldest first: each status until the next one, whatever that says.</summary>
    public IEnumerable<TrustPeriod> Granted => Statuses.Select((status, index) => (Status: status, Until: index == 0 ? (DateTimeOffset?)null : Statuses[index - 1].Since))
        .Where(one => one.Status is { IsGranted: true, Type: ServiceStatus.QualifiedAuthority or ServiceStatus.QualifiedTimestamping } && !(one.Until <= one.Status.Since))
        .Select(one => new TrustPeriod(one.Status.Type == ServiceStatus.QualifiedTimestamping ? CertificatePurpose.Timestamping : CertificatePurpose.Signature, one.Status.Since, one.Until, StatedUntil))
        .Reverse();
}

/// <summary>One status of a service.</summary>
/// <param name="Type">Service type identifier (5.5.1).</param>
/// <param name="Status">Service current status (5.5.4).</param>
/// <param name="Purposes">additionalServiceInformation (5.5.9.4): ForeSignatures, ForeSeals.</param>
/// <param name="Qualifications">What it says of some of its certificates (5.5.9.2).</param>
public sealed record ServiceStatus(string Type, string Status, DateTimeOffset Since, IReadOnlyList<string> Purposes, IReadOnlyList<QualificationElement> Qualifications)
{
    public const string QualifiedAuthority = "http://uri.etsi.org/TrstSvc/Svctype/CA/QC";
    public const string QualifiedTimestamping = "http://uri.etsi.org/TrstSvc/Svctype/TSA/QTST";
    private const string StatusPrefix = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/";

    // Before eIDAS (1 July 2016) lists said under which supervision a service stood.
    private static readonly HashSet<string> Good =
    [
        StatusPrefix + "granted", StatusPrefix + "undersupervision", StatusPrefix + "accredited", StatusPrefix + "supervisionincessation",
    ];

    /// <summary>5.5.4: what the service did then counts.</summary>
    public bool IsGranted => Good.Contains(Status);
}
