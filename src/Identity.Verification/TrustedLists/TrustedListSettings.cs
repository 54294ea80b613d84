using Identity.Pkix.X509;
using Identity.Web.Outgoing;

namespace Identity.Verification.TrustedLists;

/// <summary>Where trusted lists lie, who signs them, and whether they are fetched.</summary>
/// <param name="Signers">Of the list of lists.</param>
/// <param name="Sources">Addresses that lists are fetched from; empty: somebody else writes the folder.</param>
/// <param name="Every">How often they are fetched and read again.</param>
public sealed record TrustedListSettings(string Folder, IReadOnlyCollection<Certificate> Signers, IReadOnlyList<Uri> Sources, TimeSpan Every)
{
    /// <summary>Sources: more countries than have lists.</summary>
    public const int MostSources = 64;

    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Which addresses may be asked: the operator wrote them, so that private networks are as good as others.</summary>
    public static AllowedAddresses Outgoing(bool development) => AllowedAddresses.Check(["0.0.0.0/0", "::/0"], development);

    /// <summary>Null when no lists are used.</summary>
    public static TrustedListSettings? Check(VerificationOptions options, IReadOnlyCollection<Certificate> signers, bool production)
    {
        var sources = options.TrustedListSources.Select(text => Source(text, production)).ToList();
        if (options.TrustedListDirectory.Length == 0)
            return sources.Count == 0 ? null : throw new VerificationSettingException("TrustedListSources", "is set, and TrustedListDirectory, into which they are fetched, is not");
        if (sources.Count > MostSources)
            throw new VerificationSettingException("TrustedListSources", $"has more than {MostSources} addresses");
        if (sources.Distinct().Count() != sources.Count)
            throw new VerificationSettingException("TrustedListSources", "has an address twice");
        if (options.TrustedListsEvery < Shortest || options.TrustedListsEvery > Longest)
            throw new VerificationSettingException("TrustedListsEvery", "must be from a minute to a day");
        return new TrustedListSettings(options.TrustedListDirectory, signers, sources, options.TrustedListsEvery);
    }

    private static Uri Source(string text, bool production) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && Outgoing(!production).Allows(address)
            ? address
            : throw new VerificationSettingException("TrustedListSources", $"must be https addresses without user information and fragment, or in Development http on loopback: {text}");
}
