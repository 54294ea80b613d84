using Identity.Pkix.Asn1;
using Identity.Pkix.X509;
using Identity.Verification.Policy;
using Identity.Verification.Revocation;
using Identity.Verification.Trust;
using Identity.Verification.TrustedLists;
using Identity.Web;

namespace Identity.Verification;

/// <summary>A setting that the service cannot start with; the message names the field and what is wrong with it.</summary>
public sealed class VerificationSettingException(string field, string reason) : Exception($"Verification:{field} {reason}");

/// <summary>The service's settings, checked once at start.</summary>
public sealed record VerificationSettings
{
    /// <summary>A document is held in one array.</summary>
    public const long LargestFileBytes = 1024L * 1024 * 1024;

    /// <summary>The organization in the names of certificates that the development host makes.</summary>
    private const string DevelopmentOrganization = "Identity Development";

    private VerificationSettings() { }

    public required Uri PublicAddress { get; init; }

    public required bool Production { get; init; }

    /// <summary>Of the folders; those of trusted lists come to them (<see cref="TrustInForce"/>).</summary>
    public required TrustAnchors OwnAnchors { get; init; }

    /// <summary>Of the trusted lists that lie there at start; none when they are fetched.</summary>
    public required TrustedServices Services { get; init; }

    /// <summary>Null: no trusted lists.</summary>
    public required TrustedListSettings? TrustedLists { get; init; }

    public required ValidationPolicy Policy { get; init; }

    /// <summary>Null: nobody is asked about the codes of printed pages.</summary>
    public required Uri? Signing { get; init; }

    public required AllowedRevocationSources RevocationSources { get; init; }

    public required int MaxFileBytes { get; init; }

    public required long MaxBytesInFlight { get; init; }

    public required int ParallelValidations { get; init; }

    public required TimeSpan QueueTime { get; init; }

    public required TimeSpan ValidationTime { get; init; }

    public required int RequestsPerAddress { get; init; }

    public required int CodesPerAddress { get; init; }

    public required bool DrawPages { get; init; }

    public static VerificationSettings Check(VerificationOptions options, bool production)
    {
        var services = options.TrustedListSources.Length > 0 ? TrustedServices.None : Listed(options, TimeProvider.System);
        var lists = TrustedListSettings.Check(options, ListSigners(options), production);
        if (!Uri.TryCreate(options.PublicAddress, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new VerificationSettingException("PublicAddress", "is not an absolute http or https address");
        if (production && address.Scheme != "https")
            throw new VerificationSettingException("PublicAddress", "must be https in Production");
        var own = Trusted(options, production);
        // What is fetched is asked the same once it came.
        if (production && lists is not { Sources.Count: > 0 } && services.Anchors(own).Certificates.Count == 0)
            throw new VerificationSettingException("TrustDirectories", "is empty, and no trusted list names an anchor: Production would trust nobody");
        var policy = Validating(options);
        if (production && policy.KnowsExampleExtensionAlone)
            throw new VerificationSettingException("PolicyFile", "names no approvedDocumentsExtensions but the example: in Production they are the Authority's (Authority:ApprovedDocumentsExtension), or [] when nobody's certificates name documents");
        return new VerificationSettings
        {
            PublicAddress = address,
            Production = production,
            OwnAnchors = own,
            Services = services,
            TrustedLists = lists,
            Policy = policy,
            Signing = Neighbour(options, production),
            RevocationSources = Sources(options),
            MaxFileBytes = (int)Between("MaxFileBytes", options.MaxFileBytes, 1, LargestFileBytes),
            MaxBytesInFlight = Between("MaxBytesInFlight", options.MaxBytesInFlight, options.MaxFileBytes, long.MaxValue),
            ParallelValidations = options.ParallelValidations == 0 ? Environment.ProcessorCount : (int)Between("ParallelValidations", options.ParallelValidations, 1, 1024),
            QueueTime = Time("QueueTime", options.QueueTime),
            ValidationTime = Time("ValidationTime", options.ValidationTime),
            RequestsPerAddress = (int)Between("RequestsPerAddress", options.RequestsPerAddress, 1, AddressLimit.Most),
            CodesPerAddress = (int)Between("CodesPerAddress", options.CodesPerAddress, 1, AddressLimit.Most),
            DrawPages = options.DrawPages,
        };
    }

    public static TrustAnchors Trusted(VerificationOptions options, bool production)
    {
        TrustAnchors anchors;
        try
        {
            anchors = TrustAnchors.FromDirectories(options.TrustDirectories);
            // A folder that was not mounted looks like this one.
            if (production && options.TrustDirectories.FirstOrDefault(folder => TrustAnchors.FromDirectories([folder]).Certificates.Count == 0) is { } empty)
                throw new VerificationSettingException("TrustDirectories", $"names a folder without certificates, which Production does not take for nobody: {empty}");
        }
        catch (TrustDirectoryException problem)
        {
            throw new VerificationSettingException("TrustDirectories", problem.Message);
        }
        if (production && anchors.Certificates.FirstOrDefault(anchor => anchor.Subject[Oids.Organization] == DevelopmentOrganization) is { } development)
            throw new VerificationSettingException("TrustDirectories", $"holds the development certificate {development.Subject}, which Production does not trust");
        return anchors;
    }

    public static TrustedServices Listed(VerificationOptions options, TimeProvider clock)
    {
        if (options.TrustedListDirectory.Length == 0)
            return options.TrustedListSigners.Length == 0 ? TrustedServices.None : throw new VerificationSettingException("TrustedListSigners", "is set, and TrustedListDirectory is not");
        try
        {
            return TrustedServices.FromDirectory(options.TrustedListDirectory, ListSigners(options), clock.GetUtcNow());
        }
        catch (TrustedListException problem)
        {
            throw new VerificationSettingException("TrustedListDirectory", problem.Message);
        }
    }

    private static IReadOnlyCollection<Certificate> ListSigners(VerificationOptions options)
    {
        if (options.TrustedListDirectory.Length == 0)
            return [];
        try
        {
            return [.. TrustAnchors.FromDirectories([options.TrustedListSigners]).Certificates];
        }
        catch (TrustDirectoryException problem)
        {
            throw new VerificationSettingException("TrustedListSigners", problem.Message);
        }
    }

    public static ValidationPolicy Validating(VerificationOptions options)
    {
        try
        {
            return options.PolicyFile.Length == 0 ? ValidationPolicy.Default : Verification.Policy.PolicyFile.Read(options.PolicyFile);
        }
        catch (PolicyFileException problem)
        {
            throw new VerificationSettingException("PolicyFile", problem.Message);
        }
    }

    public static AllowedRevocationSources Sources(VerificationOptions options, bool loopback = false)
    {
        try
        {
            return AllowedRevocationSources.From(options.AllowedRevocationSources, loopback);
        }
        catch (ArgumentException problem)
        {
            throw new VerificationSettingException("AllowedRevocationSources", problem.Message);
        }
    }

    private static Uri? Neighbour(VerificationOptions options, bool production)
    {
        if (options.Signing.Length == 0)
            return null;
        if (!Uri.TryCreate(options.Signing, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0
            || address.Query.Length > 0 || address.Fragment.Length > 0 || !address.AbsolutePath.EndsWith('/'))
            throw new VerificationSettingException("Signing", "is not an absolute http or https address that ends with a slash");
        return production && address.Scheme != "https" ? throw new VerificationSettingException("Signing", "must be https in Production") : address;
    }

    private static long Between(string field, long value, long least, long most) =>
        value >= least && value <= most ? value : throw new VerificationSettingException(field, $"must be from {least} to {most}");

    private static TimeSpan Time(string field, TimeSpan value) =>
        value > TimeSpan.Zero && value <= TimeSpan.FromMinutes(10) ? value : throw new VerificationSettingException(field, "must be more than zero and at most ten minutes");
}
