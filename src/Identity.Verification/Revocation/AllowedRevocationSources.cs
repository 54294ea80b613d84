namespace Identity.Verification.Revocation;

/// <summary>
/// The addresses that may be asked. A document names addresses as it likes, so a verifier that followed them all would be everybody's
/// tool to reach into the network that it stands in.
/// </summary>
public sealed class AllowedRevocationSources
{
    private readonly IReadOnlyList<Uri> prefixes;
    private readonly bool loopback;

    private AllowedRevocationSources(IReadOnlyList<Uri> prefixes, bool loopback) => (this.prefixes, this.loopback) = (prefixes, loopback);

    public static AllowedRevocationSources None { get; } = new([], loopback: false);

    /// <param name="prefixes">Absolute http or https addresses; what begins with one of them, at a path boundary, may be asked.</param>
    /// <param name="loopback">Also /ocsp and /crl/ on any port of localhost: for the command line of a developer, whose copy may run on any port.</param>
    public static AllowedRevocationSources From(IEnumerable<string> prefixes, bool loopback = false) => new([.. prefixes.Select(Checked)], loopback);

    public bool Allows(Uri address)
    {
        if (!address.IsAbsoluteUri || address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0)
            return false;
        if (loopback && address.Host == "localhost" && (address.AbsolutePath == "/ocsp" || address.AbsolutePath.StartsWith("/crl/", StringComparison.Ordinal)))
            return true;
        return prefixes.Any(prefix => prefix.Scheme == address.Scheme && prefix.Host == address.Host && prefix.Port == address.Port
            && (address.AbsolutePath == prefix.AbsolutePath.TrimEnd('/') || address.AbsolutePath.StartsWith(prefix.AbsolutePath.TrimEnd('/') + "/", StringComparison.Ordinal)));
    }

    private static Uri Checked(string prefix) =>
        Uri.TryCreate(prefix, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.UserInfo.Length == 0 && address.Query.Length == 0
            ? address
            : throw new ArgumentException($"not an http address without user and query: {prefix}", nameof(prefix));
}
