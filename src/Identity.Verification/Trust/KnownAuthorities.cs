using System.Collections.Concurrent;
using System.Security.Cryptography;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Verification.Trust;

/// <summary>
/// Signatures that were found to verify, of certificates and revocation lists that an anchor or an authority under it has issued: they come with every
/// document, and what verified once does so always. It says nothing of trust, times or revocation, which are judged anew each time. Nobody but those
/// authorities can add to it, and it is bounded all the same. For all validations of a service at once.
/// </summary>
public sealed class KnownAuthorities
{
    /// <summary>Signatures; with one more it forgets all and begins again.</summary>
    public const int Most = 4096;

    // By the SHA-256 of all octets. A certificate is a copy: one that points into a document would keep it in memory.
    private readonly ConcurrentDictionary<string, Certificate> authorities = new(StringComparer.Ordinal);
    // Time-stamping units and responders, which come with every document too; their word adds nothing here.
    private readonly ConcurrentDictionary<string, Certificate> services = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Issued, string Issuer), bool> verified = [];

    public int Count => verified.Count;

    /// <summary>An authority under an anchor, or a time-stamping unit or responder under such an authority, with these octets, with its key opened already; null when it is not known.</summary>
    public Certificate? Find(ReadOnlySpan<byte> raw)
    {
        if (authorities.IsEmpty)
            return null;
        var name = Name(raw);
        return (authorities.TryGetValue(name, out var known) || services.TryGetValue(name, out known)) && known.Raw.Span.SequenceEqual(raw) ? known : null;
    }

    public bool Knows(ReadOnlySpan<byte> issued, Certificate issuer) => !verified.IsEmpty && verified.ContainsKey((Name(issued), Name(issuer.Raw.Span)));

    /// <summary>The certificate's signature verified under the issuer's own key.</summary>
    public void Remember(Certificate issued, Certificate issuer, TrustAnchors anchors)
    {
        if (!Remember(issued.Raw.Span, issuer, anchors))
            return;
        if (issued.Facts.BasicConstraints is { IsAuthority: true })
            authorities.TryAdd(Name(issued.Raw.Span), Certificate.Parse(issued.Raw.ToArray()));
        else if (issued.Facts.ExtendedKeyUsage is { } usages && (usages.Contains(Oids.UsageTimeStamping) || usages.Contains(Oids.UsageOcspSigning)))
            services.TryAdd(Name(issued.Raw.Span), Certificate.Parse(issued.Raw.ToArray()));
    }

    /// <summary>The signature of these octets verified under the issuer's own key. False when the issuer is nobody whose word is kept.</summary>
    public bool Remember(ReadOnlySpan<byte> issued, Certificate issuer, TrustAnchors anchors)
    {
        // The key of DSA may be another's too (RFC 3279 2.3.2). And who signs for itself with any key must not fill this.
        if (issuer.PublicKey.Kind == PublicKeyKind.Dsa || !(anchors.Contains(issuer) || authorities.ContainsKey(Name(issuer.Raw.Span))))
            return false;
        if (verified.Count >= Most)
        {
            verified.Clear();
            authorities.Clear();
            services.Clear();
        }
        verified[(Name(issued), Name(issuer.Raw.Span))] = true;
        return true;
    }

    private static string Name(ReadOnlySpan<byte> raw) => Convert.ToHexString(SHA256.HashData(raw));
}
