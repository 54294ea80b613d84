using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;

namespace Identity.Provider.Passkeys.Attestation;

/// <summary>WebAuthn 8.3: the machine's Trusted Platform Module certifies, with a key of its own, that it made the credential's key.</summary>
internal static partial class TpmAttestation
{
    public const string Format = "tpm";

    /// <summary>tcg-kp-AIKCertificate.</summary>
    private const string AttestationKeyUsage = "2.23.133.8.3";

    private const string SubjectAlternativeName = "2.5.29.17";
    private const string Manufacturer = "2.23.133.2.1";
    private const string Model = "2.23.133.2.2";
    private const string Version = "2.23.133.2.3";

    private static readonly Asn1Tag DirectoryName = new(TagClass.ContextSpecific, 4);

    public static StatementResult Verify(Statement statement, AttestedCredential credential, byte[] signed, AttestationRoots roots, DateTimeOffset now)
    {
        if (statement.Text("ver") != "2.0")
            return new StatementResult.Refused("tpm: version");
        var algorithm = statement.Number("alg");
        // RS1 is what older Windows says: SHA-1 proves nothing, and the person has done nothing wrong.
        if (StatementSignature.HashOf(algorithm) is not { } hash)
            return new StatementResult.Unproven();
        var publicArea = TpmPublicArea.Read(statement.Bytes("pubArea"));
        if (credential.Key is not { } key || !publicArea.IsOf(key))
            return new StatementResult.Refused("tpm: key of pubArea");

        // Validate that certInfo is valid.
        var certInfo = TpmAttest.Read(statement.Bytes("certInfo"));
        if (certInfo.Magic != TpmAttest.GeneratedValue)
            return new StatementResult.Refused("tpm: magic");
        if (certInfo.Type != TpmAttest.Certify)
            return new StatementResult.Refused("tpm: type");
        if (!certInfo.ExtraData.AsSpan().SequenceEqual(CryptographicOperations.HashData(hash, signed)))
            return new StatementResult.Refused("tpm: extraData");
        if (!certInfo.Name.AsSpan().SequenceEqual(publicArea.Name()))
            return new StatementResult.Refused("tpm: name");

        using var path = CertificatePath.Read(statement.Certificates);
        if (!StatementSignature.Verifies(path.Leaf, algorithm, statement.Bytes("certInfo"), statement.Bytes("sig")))
            return new StatementResult.Refused("tpm: signature");
        if (Problem(path.Leaf) is { } problem)
            return new StatementResult.Refused("tpm: " + problem);
        if (path.SaysAaguid(credential.AaguidBytes) is false)
            return new StatementResult.Refused("tpm: AAGUID");
        return roots.Judge(path, credential.Aaguid, now) switch
        {
            // A key that the TPM lets go elsewhere, or that came from elsewhere, is not bound to this device.
            StatementResult.Trusted when !publicArea.StaysHere => new StatementResult.Unproven(),
            var judged => judged,
        };
    }

    /// <summary>WebAuthn 8.3.1, in its order.</summary>
    private static string? Problem(X509Certificate2 leaf)
    {
        if (leaf.Version != 3)
            return "certificate version";
        if (leaf.SubjectName.EnumerateRelativeDistinguishedNames().Any())
            return "certificate subject";
        if (leaf.Extensions.Where(extension => extension.Oid?.Value == SubjectAlternativeName).ToArray() is not [var name] || !NamesModule(name.RawData))
            return "certificate subject alternative name";
        if (!leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().Any(usage => usage.EnhancedKeyUsages[AttestationKeyUsage] is not null))
            return "certificate key usage";
        return CertificatePath.IsEndEntity(leaf) ? null : "certificate of an authority";
    }

    // TCG EK Credential Profile 3.2.9: a directory name with manufacturer, model and version.
    private static bool NamesModule(byte[] encoded)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        var reader = new AsnReader(encoded, AsnEncodingRules.DER);
        var names = reader.ReadSequence();
        reader.ThrowIfNotEmpty();
        while (names.HasData)
        {
            if (names.PeekTag() is { TagClass: TagClass.ContextSpecific, TagValue: 4 })
                ReadAttributes(names.ReadSequence(DirectoryName).ReadSequence(), found);
            else
                names.ReadEncodedValue();
        }

        return found.GetValueOrDefault(Manufacturer) is { } manufacturer && ManufacturerId().IsMatch(manufacturer) && found.ContainsKey(Model) && found.ContainsKey(Version);
    }

    private static void ReadAttributes(AsnReader name, Dictionary<string, string> found)
    {
        while (name.HasData)
        {
            var set = name.ReadSetOf(skipSortOrderValidation: true);
            while (set.HasData)
            {
                var attribute = set.ReadSequence();
                var type = attribute.ReadObjectIdentifier();
                if (type is Manufacturer or Model or Version)
                    found[type] = attribute.ReadCharacterString((UniversalTagNumber)attribute.PeekTag().TagValue);
            }
        }
    }

    [GeneratedRegex(@"^id:[0-9A-Fa-f]{8}\z")]
    private static partial Regex ManufacturerId();
}
