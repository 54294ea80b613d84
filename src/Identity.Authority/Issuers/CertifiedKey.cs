using Identity.Keys;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Authority.Issuers;

/// <summary>A key of this service together with its certificate; they have been found to belong together.</summary>
public sealed class CertifiedKey
{
    private readonly SigningKey key;

    private CertifiedKey(SigningKey key, Certificate certificate)
    {
        this.key = key;
        Certificate = certificate;
        Algorithm = KeySignature.AlgorithmOf(key);
    }

    public string Name => key.Name;

    public Certificate Certificate { get; }

    public SignatureAlgorithm Algorithm { get; }

    public static CertifiedKey Load(KeyRing ring, string name, KeyPurpose purpose)
    {
        var key = ring.Get(name, purpose);
        var certificate = LoadCertificate(ring, name);
        return certificate.PublicKey.Raw.Span.SequenceEqual(key.SubjectPublicKeyInfo.Span)
            ? new CertifiedKey(key, certificate)
            : throw new KeyRingException($"Key and certificate '{name}' do not belong together.");
    }

    public static Certificate LoadCertificate(KeyRing ring, string name)
    {
        using var certificate = ring.Certificate(name);
        return Certificate.Parse(certificate.RawData);
    }

    /// <summary>The finished structure. Throws <see cref="KeyUnavailableException"/> when the key cannot sign.</summary>
    public byte[] Sign(ToBeSigned toBeSigned) => KeySignature.Sign(key, toBeSigned);

    /// <summary>The certificate is valid at this moment and the key may still be used (RFC 3280 4.2.1.4).</summary>
    public bool MaySignAt(DateTimeOffset now) =>
        Certificate.IsValidAt(now)
        && (Certificate.Facts.PrivateKeyUsagePeriod is not { } period || ((period.NotBefore ?? now) <= now && now <= (period.NotAfter ?? now)));
}
