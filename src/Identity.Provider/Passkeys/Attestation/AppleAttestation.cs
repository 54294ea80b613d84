using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Identity.Provider.Passkeys.Attestation;

/// <summary>WebAuthn 8.8: Apple's anonymous attestation. Nothing signs the data; the certificate is for the new key and holds their hash.</summary>
internal static class AppleAttestation
{
    public const string Format = "apple";

    private const string NonceExtension = "1.2.840.113635.100.8.2";
    private static readonly Asn1Tag NonceTag = new(TagClass.ContextSpecific, 1);

    public static StatementResult Verify(Statement statement, AttestedCredential credential, byte[] signed, AttestationRoots roots, DateTimeOffset now)
    {
        using var path = CertificatePath.Read(statement.Certificates);
        // WebAuthn 8.8 (2) to (4).
        if (Nonce(path.Leaf) is not { } nonce || !CryptographicOperations.FixedTimeEquals(nonce, SHA256.HashData(signed)))
            return new StatementResult.Refused("apple: nonce");
        // (5): the credential's key is the certificate's.
        if (credential.Key is null || !credential.Key.IsOf(path.Leaf))
            return new StatementResult.Refused("apple: key");
        if (path.Leaf.Version != 3 || path.Leaf.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority))
            return new StatementResult.Refused("apple: certificate of an authority");
        return roots.Judge(path, credential.Aaguid, now);
    }

    // SEQUENCE { [1] EXPLICIT OCTET STRING }.
    private static byte[]? Nonce(X509Certificate2 leaf)
    {
        if (leaf.Extensions.Where(extension => extension.Oid?.Value == NonceExtension).ToArray() is not [var extension])
            return null;
        var reader = new AsnReader(extension.RawData, AsnEncodingRules.DER);
        var sequence = reader.ReadSequence();
        reader.ThrowIfNotEmpty();
        var tagged = sequence.ReadSequence(NonceTag);
        sequence.ThrowIfNotEmpty();
        var nonce = tagged.ReadOctetString();
        tagged.ThrowIfNotEmpty();
        return nonce;
    }
}
