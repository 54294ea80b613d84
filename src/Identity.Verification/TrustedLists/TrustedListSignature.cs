using System.Security.Cryptography;
using System.Security.Cryptography.Xml;
using System.Xml;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Verification.TrustedLists;

/// <summary>
/// The signature of a trusted list (TS 119 612 5.7, annex B): enveloped, over the whole document, with one of the keys that are expected. What
/// the signature says about its key decides nothing.
/// </summary>
internal static class TrustedListSignature
{
    private static readonly HashSet<string> Methods =
    [
        SignedXml.XmlDsigRSASHA256Url, SignedXml.XmlDsigRSASHA384Url, SignedXml.XmlDsigRSASHA512Url, .. XmlSignatureMethods.Identifiers,
    ];

    private static readonly HashSet<string> Digests = [SignedXml.XmlDsigSHA256Url, SignedXml.XmlDsigSHA384Url, SignedXml.XmlDsigSHA512Url];

    private static readonly HashSet<string> Transforms =
    [
        SignedXml.XmlDsigEnvelopedSignatureTransformUrl, SignedXml.XmlDsigExcC14NTransformUrl, SignedXml.XmlDsigC14NTransformUrl,
    ];

    private static readonly HashSet<string> Canonicalizations = [SignedXml.XmlDsigExcC14NTransformUrl, SignedXml.XmlDsigC14NTransformUrl];

    public static bool IsSignedBy(XmlDocument document, IEnumerable<Certificate> signers)
    {
        // One signature, right below the root: what stands elsewhere is not looked for.
        if (document.DocumentElement!.ChildNodes.OfType<XmlElement>().Where(child => child is { LocalName: "Signature", NamespaceURI: SignedXml.XmlDsigNamespaceUrl }).ToList() is not [var element])
            return false;
        var signature = new SignedXml(document);
        try
        {
            signature.LoadXml(element);
            return IsOverAll(signature) && signers.Any(signer => Verifies(signature, signer));
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static bool IsOverAll(SignedXml signature)
    {
        var references = signature.SignedInfo!.References.OfType<Reference>().ToList();
        if (!Methods.Contains(signature.SignatureMethod ?? "") || !Canonicalizations.Contains(signature.SignedInfo.CanonicalizationMethod ?? "") || references.Count is 0 or > 4)
            return false;
        // Reference URI="" is the document; with the enveloped signature and canonicalization, and nothing else, it is all of it.
        return references.All(reference => Digests.Contains(reference.DigestMethod) && Enumerable.Range(0, reference.TransformChain.Count).All(i => Transforms.Contains(reference.TransformChain[i].Algorithm ?? "")))
            && references.Any(reference => reference.Uri is { Length: 0 });
    }

    private static bool Verifies(SignedXml signature, Certificate signer)
    {
        switch (signer.PublicKey)
        {
            case { Kind: PublicKeyKind.Rsa, Size: >= 2048 and <= SignatureVerification.MaxRsaBits, Exponent: >= 3 } rsa:
                using (var key = RSA.Create())
                {
                    key.ImportRSAPublicKey(rsa.KeyBits.Span, out _);
                    return signature.CheckSignature(key);
                }

            case { Kind: PublicKeyKind.EllipticCurve, Curve: Oids.P256 or Oids.P384 or Oids.P521 } curve:
                using (var key = ECDsa.Create())
                {
                    key.ImportSubjectPublicKeyInfo(curve.Raw.Span, out _);
                    return signature.CheckSignature(key);
                }

            default:
                return false;
        }
    }
}
