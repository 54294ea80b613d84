using Identity.Pkix.Asn1;
using Identity.Pkix.Cms;

namespace Identity.Signing.Pades;

/// <summary>
/// How many bytes the CMS will take at most: found by building one with the real certificates and attributes, a signature of the greatest
/// length, and adding what a token of the expected size takes in it.
/// </summary>
internal static class ContentsSize
{
    private const int Step = 512;

    public static int For(SigningScheme scheme, PadesContent content, int tokenBytes)
    {
        var digest = new byte[Digests.Length(PadesSignature.DocumentDigestAlgorithm(scheme.Algorithm))];
        var cms = PadesSignature.Build(content with { DocumentDigest = digest }, scheme.Algorithm).Complete(new byte[scheme.LongestSignature]);
        var length = cms.Length + tokenBytes + PadesSignature.MostBesideToken;
        return (length + Step - 1) / Step * Step;
    }
}
