using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Signing.Certificates;

/// <summary>RFC 5280 6 up to one of the configured roots, by the framework; no certificate is fetched and no revocation asked for.</summary>
public sealed class TrustedChain
{
    private const int MostCertificates = 16;

    /// <summary>Chains that are remembered: a service meets a few time-stamping units and responders, again and again.</summary>
    private const int MostRemembered = 64;

    // Read once: a changed trust directory takes a restart.
    private readonly Lazy<X509Certificate2Collection> anchors;

    // By what was asked. Nothing in a found chain changes but the time; nothing is remembered of what leads nowhere, so nobody can fill this with that.
    private readonly ConcurrentDictionary<string, Remembered> remembered = new(StringComparer.Ordinal);

    public TrustedChain(SigningSettings settings)
        : this(settings.TrustAnchors)
    {
    }

    /// <summary>With roots from elsewhere.</summary>
    internal TrustedChain(Func<X509Certificate2Collection> roots) => anchors = new(roots);

    /// <param name="leaf">DER.</param>
    /// <param name="others">DER of whatever came with it; only what leads to a configured root counts.</param>
    /// <param name="at">The moment for which the chain must hold.</param>
    public bool Leads(ReadOnlyMemory<byte> leaf, IEnumerable<ReadOnlyMemory<byte>> others, DateTimeOffset at) => Path(leaf, others, at) is not null;

    /// <summary>The chain from the leaf to a configured root, that root included; null when none holds.</summary>
    public IReadOnlyList<Certificate>? Path(ReadOnlyMemory<byte> leaf, IEnumerable<ReadOnlyMemory<byte>> others, DateTimeOffset at)
    {
        ReadOnlyMemory<byte>[] given = [leaf, .. others.Take(MostCertificates)];
        var question = Digest(given);
        if (remembered.TryGetValue(question, out var known) && known.From <= at && at <= known.To)
            return known.Path;
        if (Path(leaf, given.Skip(1), at, anchors.Value) is not { } path)
            return null;
        if (remembered.Count >= MostRemembered)
            remembered.Clear();
        // RFC 5280 6.1.3 (a)(2): the whole chain holds while each of its certificates does.
        remembered[question] = new Remembered(path, path.Max(one => one.NotBefore), path.Min(one => one.NotAfter));
        return path;
    }

    /// <summary>The same to one of these roots, found anew.</summary>
    public static IReadOnlyList<Certificate>? Path(ReadOnlyMemory<byte> leaf, IEnumerable<ReadOnlyMemory<byte>> others, DateTimeOffset at, X509Certificate2Collection roots)
    {
        var loaded = new List<X509Certificate2>();
        try
        {
            if (Certificate.Parse(leaf) is { PublicKey.Kind: PublicKeyKind.MlDsa } unknown)
                return PathOfUnknownKey(unknown, [.. others.Take(MostCertificates)], at, roots);
            var certificate = Load(leaf, loaded);
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(roots);
            foreach (var other in others.Take(MostCertificates))
                chain.ChainPolicy.ExtraStore.Add(Load(other, loaded));
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.DisableCertificateDownloads = true;
            chain.ChainPolicy.VerificationTime = at.UtcDateTime;
            var leads = chain.Build(certificate);
            foreach (var element in chain.ChainElements)
                loaded.Add(element.Certificate);
            return leads ? [.. chain.ChainElements.Select(element => Certificate.Parse(element.Certificate.RawData))] : null;
        }
        catch (Exception problem) when (problem is CryptographicException or MalformedException)
        {
            // Not a certificate that can be loaded: it leads nowhere.
            return null;
        }
        finally
        {
            foreach (var certificate in loaded)
                certificate.Dispose();
        }
    }

    private sealed record Remembered(IReadOnlyList<Certificate> Path, DateTimeOffset From, DateTimeOffset To);

    private static string Digest(ReadOnlySpan<ReadOnlyMemory<byte>> certificates)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (var certificate in certificates)
        {
            BinaryPrimitives.WriteInt32BigEndian(length, certificate.Length);
            hash.AppendData(length);
            hash.AppendData(certificate.Span);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    // The framework's OpenSSL builds no chain from a key that it does not know. RFC 5280 6.1.3 (a), 6.1.4 (k), (n) for this one step; the rest is the framework's.
    private static IReadOnlyList<Certificate>? PathOfUnknownKey(Certificate leaf, IReadOnlyList<ReadOnlyMemory<byte>> others, DateTimeOffset at, X509Certificate2Collection roots)
    {
        if (!leaf.IsValidAt(at) || leaf.Facts.BasicConstraints is { IsAuthority: true })
            return null;
        foreach (var candidate in others.Concat(roots.Select(root => (ReadOnlyMemory<byte>)root.RawData)))
        {
            if (Certificate.Parse(candidate) is { PublicKey.Kind: not PublicKeyKind.MlDsa, Facts.BasicConstraints.IsAuthority: true } issuer && issuer.Subject.SameAs(leaf.Issuer)
                && issuer.Facts.KeyUsage is { } usage && usage.HasFlag(X509KeyUsageFlags.KeyCertSign)
                && leaf.VerifySignature(issuer.PublicKey) == SignatureCheck.Valid && Path(issuer.Raw, others, at, roots) is { } path)
                return [leaf, .. path];
        }

        return null;
    }

    private static X509Certificate2 Load(ReadOnlyMemory<byte> der, List<X509Certificate2> loaded)
    {
        var certificate = X509CertificateLoader.LoadCertificate(der.Span);
        loaded.Add(certificate);
        return certificate;
    }
}
