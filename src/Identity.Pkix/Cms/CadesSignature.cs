using System.Formats.Asn1;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Pkix.Cms;

/// <summary>
/// The CMS of a CAdES baseline signature over content that is elsewhere (EN 319 122-1 6.3): detached, one signer, content-type, message-digest, signing-certificate-v2,
/// signing-time and algorithm protection.
/// </summary>
public static class CadesSignature
{
    /// <param name="content">Its digest is that of the whole content; what else it states is stated.</param>
    /// <param name="signingTime">Claimed; whole seconds of UTC.</param>
    /// <param name="algorithm">How the key signs.</param>
    public static ToBeSigned Build(PadesContent content, DateTimeOffset signingTime, SignatureAlgorithm algorithm)
    {
        if (content.DocumentDigest.Length != Digests.Length(SignedDataWriter.DigestFor(algorithm)))
            throw new ArgumentException("The document digest has not the length of its algorithm.", nameof(content));
        var attributes = SignedDataWriter.SignedAttributes(
            Oids.CmsData, content.DocumentDigest, content.Signer, algorithm, withProtection: true, [(Oids.SigningTime, writer => WriteTime(writer, signingTime)), .. PadesAttributes.Of(content)]);
        IReadOnlyList<Certificate> certificates = [content.Signer, .. content.Chain.Where(c => !c.Equals(content.Signer)).Distinct()];
        return SignedDataWriter.Build(new SignedDataWriter.Parts(Oids.CmsData, null, content.Signer, certificates, algorithm), attributes);
    }

    // RFC 5652 11.3: UTCTime through 2049, GeneralizedTime from then on.
    private static void WriteTime(AsnWriter writer, DateTimeOffset time)
    {
        if (time.UtcDateTime.Year < 2050)
            writer.WriteUtcTime(time.ToUniversalTime());
        else
            writer.WriteGeneralizedTime(time.ToUniversalTime(), omitFractionalSeconds: true);
    }
}
