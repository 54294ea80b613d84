using System.Security.Cryptography;
using System.Text.Json;
using Identity.Keys.Activation;
using Identity.Signing.Pades;

namespace Identity.Signing.Csc;

/// <summary>signature_format of CSC API v2 11.11: those that are made here.</summary>
internal enum SignatureFormat
{
    /// <summary>P: in the PDF.</summary>
    Pades,

    /// <summary>C: a CMS beside whatever it signs.</summary>
    Cades,
}

/// <summary>One signature that is asked for.</summary>
/// <param name="Document">The document; null when only a digest came.</param>
/// <param name="Digest">SHA-256 of the document, or the digest that the signature states (of a PDF, over its ByteRange).</param>
/// <param name="Level">What the answer has; of what is not a whole PDF B-B or B-T, since what is above goes into the document.</param>
internal sealed record AskedSignature(byte[]? Document, byte[] Digest, SignatureFormat Format, PadesLevel Level);

/// <summary>signatures/signDoc (CSC API v2 11.11), its parameters.</summary>
/// <param name="Asked">1 to 100, in the order of the request.</param>
/// <param name="CredentialId">The credential whose key signs; null: one is made for the approval.</param>
/// <param name="WantsValidationInfo">returnValidationInfo.</param>
internal sealed record SignDocParameters(IReadOnlyList<AskedSignature> Asked, string? CredentialId, bool WantsValidationInfo)
{
    public const string NotAuthorized = "documentDigests or documents are not authorized by the SAD";
    private const int LongestWord = 64;
    private const int LongestParameters = 4096;
    private const string Empty = "Empty documentDigests and documents objects";

    /// <param name="body">The call.</param>
    /// <param name="algorithm">Of the keys that sign here.</param>
    public static SignDocParameters Read(CscBody body, CredentialAlgorithm algorithm)
    {
        var (credential, qualifier) = (body.Text("credentialID", LongestWord), body.Text("signatureQualifier", LongestWord));
        if (credential is null && qualifier is null)
            throw new CscRefusedException(CscError.MissingString("credentialID"));
        if (qualifier is not (null or CredentialDescription.SignatureQualifier))
            throw new CscRefusedException(CscError.Invalid("signatureQualifier"));
        var (documents, digests) = (body.Find("documents"), body.Find("documentDigests"));
        IReadOnlyList<AskedSignature> asked = (documents, digests) switch
        {
            (null, null) => throw new CscRefusedException(CscError.InvalidRequest(Empty)),
            (not null, not null) => throw new CscRefusedException(CscError.InvalidRequest("Both documentDigests and documents parameters passed")),
            // That key signs hashes that were approved: of a document that is prepared here, nobody could know them before.
            ({ }, null) when credential is not null => throw new CscRefusedException(CscError.Invalid("credentialID")),
            ({ } given, null) => [.. Entries(given, "Invalid array parameter documents").Select(entry => OfDocument(entry, algorithm))],
            (null, { } given) => [.. Entries(given, "Invalid object parameter documentDigests").SelectMany(entry => OfDigests(entry, algorithm))],
        };
        // The same for a signature that states its time.
        if (credential is not null && asked.Any(signature => signature.Format != SignatureFormat.Pades))
            throw new CscRefusedException(CscError.Invalid("signature_format"));
        // Each document is signed once under an approval.
        return asked.Count <= ApprovalStructure.MaximumDocuments && asked.DistinctBy(signature => Convert.ToHexString(signature.Digest)).Count() == asked.Count
            ? new SignDocParameters(asked, credential, body.Flag("returnValidationInfo"))
            : throw new CscRefusedException(CscError.InvalidRequest(NotAuthorized));
    }

    private static JsonElement.ArrayEnumerator Entries(JsonElement array, string refusal)
    {
        if (array.ValueKind != JsonValueKind.Array || array.EnumerateArray().Any(entry => entry.ValueKind != JsonValueKind.Object))
            throw new CscRefusedException(CscError.InvalidRequest(refusal));
        return array.GetArrayLength() switch
        {
            0 => throw new CscRefusedException(CscError.InvalidRequest(Empty)),
            > ApprovalStructure.MaximumDocuments => throw new CscRefusedException(CscError.InvalidRequest(NotAuthorized)),
            _ => array.EnumerateArray(),
        };
    }

    private static AskedSignature OfDocument(JsonElement entry, CredentialAlgorithm algorithm)
    {
        var format = FormatOf(entry);
        CheckAlgorithms(entry, algorithm);
        CheckEnvelope(entry, format, ofDigest: false);
        if (CscBody.Find(entry, "document") is not { } document || CscBody.Base64(document) is not { Length: > 0 } bytes)
            throw new CscRefusedException(CscError.InvalidRequest("Invalid Base64 documents string parameter"));
        return new AskedSignature(bytes, SHA256.HashData(bytes), format, LevelOf(entry, format == SignatureFormat.Pades ? PadesLevel.LTA : PadesLevel.T));
    }

    private static IEnumerable<AskedSignature> OfDigests(JsonElement entry, CredentialAlgorithm algorithm)
    {
        var format = FormatOf(entry);
        CheckAlgorithms(entry, algorithm);
        CheckEnvelope(entry, format, ofDigest: true);
        if (CscBody.Find(entry, "hashes") is not { } hashes || (hashes.ValueKind == JsonValueKind.Array && hashes.GetArrayLength() == 0))
            throw new CscRefusedException(CscError.InvalidRequest("Invalid object parameter documentDigests"));
        var level = LevelOf(entry, PadesLevel.T);
        // Samples of the specification write one hash as a string.
        return (hashes.ValueKind == JsonValueKind.Array ? hashes.EnumerateArray() : Enumerable.Repeat(hashes, 1)).Select(one =>
        {
            var digest = CscBody.Base64(one) ?? throw new CscRefusedException(CscError.InvalidRequest("Invalid Base64 hashes string parameter"));
            return digest.Length == SHA256.HashSizeInBytes
                ? new AskedSignature(null, digest, format, level)
                : throw new CscRefusedException(CscError.InvalidRequest("Invalid digest value length"));
        });
    }

    private static SignatureFormat FormatOf(JsonElement entry) =>
        (CscBody.Text(entry, "signature_format", LongestWord) ?? throw new CscRefusedException(CscError.MissingString("signature_format"))) switch
        {
            "P" => SignatureFormat.Pades,
            "C" => SignatureFormat.Cades,
            // XML and JSON signatures: other formats altogether, not made here.
            _ => throw new CscRefusedException(CscError.Invalid("signature_format")),
        };

    private static void CheckAlgorithms(JsonElement entry, CredentialAlgorithm algorithm)
    {
        algorithm.Check(CscBody.Text(entry, "signAlgo", LongestWord), CscBody.Text(entry, "signAlgoParams", LongestParameters));
        if (CscBody.Text(entry, "hashAlgorithmOID", LongestWord) is not (null or SignHash.Sha256))
            throw new CscRefusedException(CscError.InvalidRequest("String parameter hashAlgorithmOID contradicts with signAlgo parameter"));
        // Whatever a signature states, the person has approved: there is no place for more in what they approve by this interface.
        if (CscBody.Find(entry, "signed_props") is { } props && (props.ValueKind != JsonValueKind.Array || props.GetArrayLength() > 0))
            throw new CscRefusedException(CscError.Invalid("signed_props"));
    }

    /// <summary>
    /// P: Revision, also when nothing is said. 11.11 has Certification as the default, which forbids later changes to a document; nothing of that is shown to the person,
    /// nor in what their passkey signs, so it is refused. C: Detached; of a digest it can be nothing else, of a document the default is Attached, which is not made here.
    /// </summary>
    private static void CheckEnvelope(JsonElement entry, SignatureFormat format, bool ofDigest)
    {
        var given = CscBody.Text(entry, "signed_envelope_property", LongestWord);
        var isMade = format == SignatureFormat.Pades ? given is null or "Revision" : given == "Detached" || (given is null && ofDigest);
        if (!isMade)
            throw new CscRefusedException(CscError.Invalid("signed_envelope_property"));
    }

    private static PadesLevel LevelOf(JsonElement entry, PadesLevel highest)
    {
        PadesLevel? level = CscBody.Text(entry, "conformance_level", LongestWord)?.ToUpperInvariant() switch
        {
            null or "ADES-B-B" or "ADES-B" => PadesLevel.B,
            "ADES-B-T" or "ADES-T" => PadesLevel.T,
            "ADES-B-LT" or "ADES-LT" => PadesLevel.LT,
            "ADES-B-LTA" or "ADES-LTA" => PadesLevel.LTA,
            _ => null,
        };
        return level is { } known && known <= highest ? known : throw new CscRefusedException(CscError.Invalid("conformance_level"));
    }
}
