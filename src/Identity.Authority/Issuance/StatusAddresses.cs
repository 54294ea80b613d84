using System.Globalization;
using System.Numerics;

namespace Identity.Authority.Issuance;

/// <summary>
/// The addresses that certificates of one issuer carry. With shards the revocation list of a certificate is one of several, chosen by its serial number:
/// the choice stands in the certificate, so the number of shards may change at any time.
/// </summary>
/// <param name="Status">where status is served, with a slash at the end</param>
/// <param name="Issuer">name of the issuer's key</param>
/// <param name="HasResponder">false for a root, whose status comes by list alone</param>
/// <param name="Shards">0: the one complete list</param>
public sealed record StatusAddresses(Uri Status, string Issuer, bool HasResponder, int Shards)
{
    public string? Ocsp => HasResponder ? Status + "ocsp" : null;

    public string IssuerCertificate => $"{Status}ca/{Issuer}.cer";

    /// <summary>The shard that this serial number belongs to, or null when its list is the complete one.</summary>
    public int? Shard(BigInteger serial) => Shards == 0 ? null : (int)(serial % Shards);

    public string RevocationList(BigInteger serial) => $"{Status}crl/{ListName(Issuer, Shard(serial))}.crl";

    /// <summary>Under which a list is numbered and published.</summary>
    public static string ListName(string issuer, int? shard) => shard is { } number ? $"{issuer}/{number.ToString(CultureInfo.InvariantCulture)}" : issuer;
}
