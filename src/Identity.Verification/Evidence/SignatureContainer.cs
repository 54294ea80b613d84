using Identity.Pdf.Signatures;
using Identity.Pkix.Asn1;
using Identity.Pkix.Cms;
using Identity.Pkix.Timestamps;
using Identity.Verification.Policy;

namespace Identity.Verification.Evidence;

/// <summary>The entry Contents of a signature dictionary, opened as CMS. What cannot be read is remembered as a defect, not thrown.</summary>
public sealed record SignatureContainer
{
    private SignatureContainer(SignatureDictionary dictionary) => Dictionary = dictionary;

    public SignatureDictionary Dictionary { get; }

    public SignedData? Cms { get; private init; }

    /// <summary>Why there is no <see cref="Cms"/>, or no <see cref="Attributes"/>: English, names the structure.</summary>
    public string? Defect { get; private init; }

    public SignerInfo? Signer => Cms?.Signers is [var only] ? only : null;

    public SignedAttributeFacts? Attributes { get; private init; }

    /// <summary>Tokens over the signature value; null stands for one that cannot be read.</summary>
    public IReadOnlyList<TimestampToken?> SignatureTimestamps { get; private init; } = [];

    /// <summary>Tokens over the content, which are signed with it: it was signed after them. Null stands for one that cannot be read.</summary>
    public IReadOnlyList<TimestampToken?> ContentTimestamps { get; private init; } = [];

    public static SignatureContainer Open(SignatureDictionary dictionary)
    {
        var container = new SignatureContainer(dictionary);
        if (dictionary.Contents is not SignatureContents.Present present)
            return container with { Defect = "Contents is missing or not a string" };
        try
        {
            container = container with { Cms = SignedData.Parse(present.Bytes) };
        }
        catch (MalformedException problem)
        {
            return container with { Defect = problem.Message };
        }
        if (container.Signer is not { } signer)
            return container;
        container = container with
        {
            SignatureTimestamps = [.. signer.SignatureTimestamps.Take(ValidationCaps.TimestampsPerSignature).Select(Read)],
            ContentTimestamps = [.. signer.ContentTimestamps.Take(ValidationCaps.TimestampsPerSignature).Select(Read)],
        };
        try
        {
            return container with
            {
                Attributes = new SignedAttributeFacts(signer.ContentType, signer.MessageDigest, signer.SigningTime, signer.AlgorithmProtection,
                    signer.SigningCertificates, signer.RevocationArchival)
                {
                    ClaimedRoles = Roles(signer),
                },
            };
        }
        catch (MalformedException problem)
        {
            return container with { Defect = problem.Message };
        }
    }

    // They decide nothing: what cannot be read is not told.
    private static IReadOnlyList<string> Roles(SignerInfo signer)
    {
        try
        {
            return signer.ClaimedRoles;
        }
        catch (MalformedException)
        {
            return [];
        }
    }

    private static TimestampToken? Read(ReadOnlyMemory<byte> raw)
    {
        try
        {
            return TimestampToken.Parse(raw);
        }
        catch (MalformedException)
        {
            return null;
        }
    }
}
