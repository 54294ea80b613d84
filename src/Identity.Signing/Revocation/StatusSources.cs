namespace Identity.Signing.Revocation;

/// <summary>
/// The addresses that may be asked about certificates. A certificate names addresses as its maker likes, and documents bring strangers'
/// certificates: a service that followed them all would be everybody's tool to reach into the network that it stands in.
/// </summary>
public sealed class StatusSources
{
    private readonly IReadOnlyList<Uri> prefixes;

    private StatusSources(IReadOnlyList<Uri> prefixes) => this.prefixes = prefixes;

    /// <summary>False: nothing can be asked, so no level above B-T can be reached.</summary>
    public bool Any => prefixes.Count > 0;

    public IReadOnlyList<Uri> Addresses => prefixes;

    // OCSP and CRLs are signed and fetched over http by custom, in production too.
    internal static StatusSources Check(IReadOnlyList<string> values) => new([.. values.Where(value => !string.IsNullOrWhiteSpace(value)).Select(value => SigningSettings.AnyAddress(value, "StatusSources", production: false))
        .Select(address => address.Query.Length == 0 ? address : throw new SettingRefusedException("StatusSources", "must have no query."))]);

    /// <summary>Whether the address begins with a configured one, at a path boundary.</summary>
    public bool Allows(Uri address) =>
        address.IsAbsoluteUri && address.Scheme is "http" or "https" && address.UserInfo.Length == 0 && prefixes.Any(prefix => IsBelow(prefix, address));

    private static bool IsBelow(Uri prefix, Uri address)
    {
        var path = prefix.AbsolutePath.TrimEnd('/');
        return prefix.Scheme == address.Scheme && prefix.Host == address.Host && prefix.Port == address.Port
            && (address.AbsolutePath == path || address.AbsolutePath.StartsWith(path + "/", StringComparison.Ordinal));
    }
}
