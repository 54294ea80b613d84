using System.Security.Cryptography;
using System.Text.Json;
using Identity.Pdf.Signatures;
using Identity.Signing.Pades;

namespace Identity.Signing.Csc;

/// <summary>signatures/signDoc (CSC API v2 11.11), its parameters: one document, or the digest of what is to be signed of one.</summary>
/// <param name="Document">The PDF; null when only its digest came.</param>
/// <param name="Digest">SHA-256 of the document, or the digest that the signature states (of a PDF, over its ByteRange).</param>
/// <param name="Level">What the answer has; of a digest B-B or B-T, since what is above goes into the document.</param>
internal sealed record SignDocParameters(byte[]? Document, byte[] Digest, PadesLevel Level, bool IsCertification)
{
    private const int LongestWord = 64;

    public static SignDocParameters Read(CscBody body)
    {
        if (body.Text("credentialID", LongestWord) is null && body.Text("signatureQualifier", LongestWord) is null)
            throw new CscRefusedException(CscError.MissingString("credentialID"));
        // A credential's key signs the hashes that were approved, and nothing that is made of a document here: it serves signHash.
        if (body.Find("credentialID") is not null)
            throw new CscRefusedException(CscError.Invalid("credentialID"));
        if (body.Text("signatureQualifier", LongestWord) != CredentialDescription.SignatureQualifier)
            throw new CscRefusedException(CscError.Invalid("signatureQualifier"));
        var (documents, digests) = (body.Find("documents"), body.Find("documentDigests"));
        return (documents, digests) switch
        {
            (null, null) => throw new CscRefusedException(CscError.InvalidRequest("Empty documentDigests and documents objects")),
            (not null, not null) => throw new CscRefusedException(CscError.InvalidRequest("Both documentDigests and documents parameters passed")),
            ({ } given, null) => OfDocument(Only(given, "Invalid array parameter documents")),
            (null, { } given) => OfDigest(Only(given, "Invalid object parameter documentDigests")),
        };
    }

    // One document for each approval: each has a key and a certificate of its own, which names it.
    private static JsonElement Only(JsonElement array, string refusal)
    {
        if (array.ValueKind != JsonValueKind.Array || (array.GetArrayLength() > 0 && array.EnumerateArray().Any(entry => entry.ValueKind != JsonValueKind.Object)))
            throw new CscRefusedException(CscError.InvalidRequest(refusal));
        return array.GetArrayLength() switch
        {
            0 => throw new CscRefusedException(CscError.InvalidRequest("Empty documentDigests and documents objects")),
            1 => array[0],
            _ => throw new CscRefusedException(CscError.InvalidRequest("documentDigests or documents are not authorized by the SAD")),
        };
    }

    private static SignDocParameters OfDocument(JsonElement entry)
    {
        var certification = CheckForm(entry);
        if (CscBody.Find(entry, "document") is not { } document || CscBody.Base64(document) is not { Length: > 0 } bytes)
            throw new CscRefusedException(CscError.InvalidRequest("Invalid Base64 documents string parameter"));
        return new SignDocParameters(bytes, SHA256.HashData(bytes), LevelOf(entry), certification);
    }

    private static SignDocParameters OfDigest(JsonElement entry)
    {
        CheckForm(entry);
        if (CscBody.Find(entry, "hashes") is not { } hashes)
            throw new CscRefusedException(CscError.InvalidRequest("Invalid object parameter documentDigests"));
        // Samples of the specification write one hash as a string.
        var one = hashes.ValueKind == JsonValueKind.Array ? Only(hashes) : hashes;
        var digest = CscBody.Base64(one) ?? throw new CscRefusedException(CscError.InvalidRequest("Invalid Base64 hashes string parameter"));
        if (digest.Length != SHA256.HashSizeInBytes)
            throw new CscRefusedException(CscError.InvalidRequest("Invalid digest value length"));
        var level = LevelOf(entry);
        return level <= PadesLevel.T ? new SignDocParameters(null, digest, level, false) : throw new CscRefusedException(CscError.Invalid("conformance_level"));

        static JsonElement Only(JsonElement array) => array.GetArrayLength() == 1
            ? array[0]
            : throw new CscRefusedException(CscError.InvalidRequest("documentDigests or documents are not authorized by the SAD"));
    }

    private static bool CheckForm(JsonElement entry)
    {
        if (CscBody.Find(entry, "signature_format") is null)
            throw new CscRefusedException(CscError.MissingString("signature_format"));
        // C needs a signing time that a PDF must not have, X and J other formats altogether: not made here.
        if (CscBody.Text(entry, "signature_format", LongestWord) != "P")
            throw new CscRefusedException(CscError.Invalid("signature_format"));
        if ((CscBody.Text(entry, "signAlgo", LongestWord) ?? throw new CscRefusedException(CscError.MissingString("signAlgo"))) != CredentialDescription.EcdsaWithSha256)
            throw new CscRefusedException(CscError.Invalid("signAlgo"));
        if (CscBody.Find(entry, "signAlgoParams") is not null)
            throw new CscRefusedException(CscError.Invalid("signAlgoParams"));
        if (CscBody.Text(entry, "hashAlgorithmOID", LongestWord) is not (null or SignHash.Sha256))
            throw new CscRefusedException(CscError.InvalidRequest("String parameter hashAlgorithmOID contradicts with signAlgo parameter"));
        if (CscBody.Find(entry, "signed_props") is { } props && (props.ValueKind != JsonValueKind.Array || props.GetArrayLength() > 0))
            throw new CscRefusedException(CscError.Invalid("signed_props"));
        return CscBody.Text(entry, "signed_envelope_property", LongestWord) switch
        {
            // 11.11 has Certification as the default; a document has one at most, so it is made only for who asks for it.
            null or "Revision" => false,
            "Certification" => true,
            _ => throw new CscRefusedException(CscError.Invalid("signed_envelope_property")),
        };
    }

    private static PadesLevel LevelOf(JsonElement entry) => CscBody.Text(entry, "conformance_level", LongestWord)?.ToUpperInvariant() switch
    {
        null or "ADES-B-B" or "ADES-B" => PadesLevel.B,
        "ADES-B-T" or "ADES-T" => PadesLevel.T,
        "ADES-B-LT" or "ADES-LT" => PadesLevel.LT,
        "ADES-B-LTA" or "ADES-LTA" => PadesLevel.LTA,
        _ => throw new CscRefusedException(CscError.Invalid("conformance_level")),
    };
}
