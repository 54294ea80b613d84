using System.Buffers.Binary;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Identity.TestKit;

/// <summary>What an authenticator knows when it makes its statement.</summary>
public sealed record AttestationInput(VirtualAuthenticator.Passkey Passkey, byte[] AuthenticatorData, byte[] ClientDataHash, byte[] Aaguid)
{
    public byte[] SignedBytes => [.. AuthenticatorData, .. ClientDataHash];
}

/// <summary>What a statement says other than an honest one would. Everything null or false: honest.</summary>
public sealed record AttestationLie
{
    public bool TamperedSignature { get; init; }
    public byte[]? SignedBytes { get; init; }
    public int? Algorithm { get; init; }
    public bool WithoutSignature { get; init; }

    /// <summary>Of the certificate's extension; empty: there is none.</summary>
    public byte[]? Aaguid { get; init; }
    public bool AaguidCritical { get; init; }
    public bool Authority { get; init; }
    public bool WithoutBasicConstraints { get; init; }
    public string? Subject { get; init; }
    public bool Expired { get; init; }
    public bool NotYetValid { get; init; }
    public int Intermediates { get; init; }
    public byte[]? Certificate { get; init; }

    public string? TpmVersion { get; init; }
    public uint? TpmMagic { get; init; }
    public ushort? TpmType { get; init; }
    public byte[]? TpmExtraData { get; init; }
    public byte[]? TpmName { get; init; }
    public uint? TpmAttributes { get; init; }
    public ECDsa? TpmKey { get; init; }
    public byte[]? TpmTrailing { get; init; }
    public bool WithoutModule { get; init; }
    public bool WithoutUsage { get; init; }

    public byte[]? Nonce { get; init; }
    public ECDsa? CertifiedKey { get; init; }
}

/// <summary>
/// A maker of authenticators: its root and the statements of its devices (WebAuthn 8.2, 8.3, 8.8), from the platform's certificate builder and CBOR,
/// TPM structures and extensions written by hand.
/// </summary>
public sealed class AttestationMaker : IDisposable
{
    public const string PackedSubject = "CN=Key 1, OU=Authenticator Attestation, O=Maker, C=EE";

    private readonly ECDsa rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa deviceKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly DateTimeOffset now = TimeProvider.System.GetUtcNow();

    public AttestationMaker(string name = "CN=Maker Root, O=Maker, C=EE")
    {
        var request = new CertificateRequest(name, rootKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        Root = request.CreateSelfSigned(now.AddYears(-5), now.AddYears(5));
    }

    public X509Certificate2 Root { get; }

    /// <summary>Writes the root where a Provider's <c>AttestationRoots</c> looks, for one model when it is named.</summary>
    public void WriteRoot(string directory, Guid? aaguid = null)
    {
        var place = aaguid is { } model ? Path.Combine(directory, model.ToString("D")) : directory;
        Directory.CreateDirectory(place);
        File.WriteAllBytes(Path.Combine(place, $"{Root.Thumbprint}.cer"), Root.RawData);
    }

    public Func<AttestationInput, (string, byte[])> Packed(AttestationLie? deviation = null) => input =>
    {
        var lie = deviation ?? new AttestationLie();
        var certificates = Certificates(lie, lie.Subject ?? PackedSubject, deviceKey, Model(lie, input));
        var signature = Sign(lie.SignedBytes ?? input.SignedBytes, lie);
        return ("packed", Map(
            ("alg", Number(lie.Algorithm ?? -7)), ("sig", lie.WithoutSignature ? null : VirtualAuthenticator.Bytes(signature)), ("x5c", Array(certificates))));
    };

    /// <summary>Self attestation by the credential's own key.</summary>
    public static Func<AttestationInput, (string, byte[])> PackedSelf(AttestationLie? deviation = null) => input =>
    {
        var lie = deviation ?? new AttestationLie();
        var signature = input.Passkey.Key.SignData(lie.SignedBytes ?? input.SignedBytes, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return ("packed", Map(("alg", Number(lie.Algorithm ?? -7)), ("sig", VirtualAuthenticator.Bytes(signature))));
    };

    public Func<AttestationInput, (string, byte[])> Tpm(AttestationLie? deviation = null) => input =>
    {
        var lie = deviation ?? new AttestationLie();
        var publicArea = PublicArea(lie.TpmKey ?? input.Passkey.Key, lie.TpmAttributes ?? 0x00060472);
        byte[] certInfo =
        [
            .. UInt32(lie.TpmMagic ?? 0xFF544347), .. UInt16(lie.TpmType ?? 0x8017),
            .. Sized([0x00, 0x0B, .. new byte[32]]),
            .. Sized(lie.TpmExtraData ?? SHA256.HashData(lie.SignedBytes ?? input.SignedBytes)),
            .. new byte[17], .. new byte[8],
            .. Sized(lie.TpmName ?? [0x00, 0x0B, .. SHA256.HashData(publicArea)]), .. Sized([0x00, 0x0B, .. new byte[32]]),
            .. lie.TpmTrailing ?? [],
        ];
        List<X509Extension> extensions = [.. Model(lie with { Aaguid = lie.Aaguid ?? [] }, input)];
        if (!lie.WithoutModule)
            extensions.Add(ModuleName());
        if (!lie.WithoutUsage)
            extensions.Add(new X509EnhancedKeyUsageExtension([new Oid("2.23.133.8.3")], false));
        var certificates = Certificates(lie, lie.Subject ?? "", deviceKey, extensions);
        return ("tpm", Map(
            ("alg", Number(lie.Algorithm ?? -7)), ("sig", VirtualAuthenticator.Bytes(Sign(certInfo, lie))), ("ver", VirtualAuthenticator.Text(lie.TpmVersion ?? "2.0")),
            ("x5c", Array(certificates)), ("pubArea", VirtualAuthenticator.Bytes(publicArea)), ("certInfo", VirtualAuthenticator.Bytes(certInfo))));
    };

    public Func<AttestationInput, (string, byte[])> Apple(AttestationLie? deviation = null) => input =>
    {
        var lie = deviation ?? new AttestationLie();
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1)))
            writer.WriteOctetString(lie.Nonce ?? SHA256.HashData(input.SignedBytes));
        List<X509Extension> extensions = [new X509Extension("1.2.840.113635.100.8.2", writer.Encode(), false)];
        return ("apple", Map(("x5c", Array(Certificates(lie, "CN=anonymous, OU=AAA Certification, O=Maker", lie.CertifiedKey ?? input.Passkey.Key, extensions)))));
    };

    public void Dispose()
    {
        Root.Dispose();
        rootKey.Dispose();
        deviceKey.Dispose();
    }

    private byte[] Sign(byte[] signed, AttestationLie lie)
    {
        var signature = deviceKey.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        if (lie.TamperedSignature)
            signature[^1] ^= 1;
        return signature;
    }

    private List<byte[]> Certificates(AttestationLie lie, string subject, ECDsa key, IEnumerable<X509Extension> extensions)
    {
        var (issuer, issuerKey) = (Root.SubjectName, rootKey);
        List<byte[]> authorities = [];
        for (var index = 0; index < lie.Intermediates; index++)
        {
            var name = new X500DistinguishedName($"CN=Maker Authority {index}, O=Maker, C=EE");
            var authority = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var between = new CertificateRequest(name, authority, HashAlgorithmName.SHA256);
            between.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            authorities.Insert(0, Issue(between, issuer, issuerKey, now.AddYears(-2), now.AddYears(2)));
            (issuer, issuerKey) = (name, authority);
        }

        var request = new CertificateRequest(new X500DistinguishedName(subject), new PublicKey(key), HashAlgorithmName.SHA256);
        if (!lie.WithoutBasicConstraints)
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(lie.Authority, false, 0, true));
        foreach (var extension in extensions)
            request.CertificateExtensions.Add(extension);
        var leaf = Issue(
            request, issuer, issuerKey, lie.NotYetValid ? now.AddDays(1) : now.AddYears(-1), lie.Expired ? now.AddDays(-1) : now.AddYears(1));
        return [lie.Certificate ?? leaf, .. authorities];
    }

    private static byte[] Issue(CertificateRequest request, X500DistinguishedName issuer, ECDsa issuerKey, DateTimeOffset from, DateTimeOffset until)
    {
        using var certificate = request.Create(issuer, X509SignatureGenerator.CreateForECDsa(issuerKey), from, until, RandomNumberGenerator.GetBytes(8));
        return certificate.RawData;
    }

    // id-fido-gen-ce-aaguid: OCTET STRING of 16 bytes.
    private static IEnumerable<X509Extension> Model(AttestationLie lie, AttestationInput input) =>
        lie.Aaguid is { Length: 0 } ? [] : [new X509Extension("1.3.6.1.4.1.45724.1.1.4", [0x04, 0x10, .. lie.Aaguid ?? input.Aaguid], lie.AaguidCritical)];

    // TCG EK Credential Profile 3.2.9, in a subject alternative name that is critical because the subject is empty.
    private static X509Extension ModuleName()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 4)))
        using (writer.PushSequence())
        {
            foreach (var (type, value) in new[] { ("2.23.133.2.1", "id:FFFFF1D0"), ("2.23.133.2.2", "Module 1"), ("2.23.133.2.3", "id:13") })
            {
                using (writer.PushSetOf())
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(type);
                    writer.WriteCharacterString(UniversalTagNumber.UTF8String, value);
                }
            }
        }

        return new X509Extension("2.5.29.17", writer.Encode(), true);
    }

    // TPMT_PUBLIC: ECC, name by SHA-256, no policy, no symmetric algorithm, no scheme, P-256, no KDF.
    private static byte[] PublicArea(ECDsa key, uint attributes)
    {
        var point = key.ExportParameters(false).Q;
        return
        [
            0x00, 0x23, 0x00, 0x0B, .. UInt32(attributes), 0x00, 0x00, 0x00, 0x10, 0x00, 0x10, 0x00, 0x03, 0x00, 0x10, .. Sized(point.X!), .. Sized(point.Y!),
        ];
    }

    private static byte[] UInt16(ushort value) => [(byte)(value >> 8), (byte)value];

    private static byte[] UInt32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Sized(byte[] bytes) => [.. UInt16((ushort)bytes.Length), .. bytes];

    private static byte[] Map(params (string Name, byte[]? Value)[] members) =>
        [(byte)(0xA0 | members.Count(member => member.Value is not null)), .. members.Where(member => member.Value is not null).SelectMany(member => VirtualAuthenticator.Text(member.Name).Concat(member.Value!))];

    private static byte[] Array(List<byte[]> items) => [(byte)(0x80 | items.Count), .. items.SelectMany(VirtualAuthenticator.Bytes)];

    // RFC 8949 3: a negative number n is the unsigned -1 - n with major type 1.
    private static byte[] Number(int value) => value switch
    {
        >= -24 and < 0 => [(byte)(0x20 - 1 - value)],
        >= -256 and < -24 => [0x38, (byte)(-1 - value)],
        >= -65536 and < -256 => [0x39, .. UInt16((ushort)(-1 - value))],
        _ => throw new ArgumentOutOfRangeException(nameof(value)),
    };
}
