using System.Security.Cryptography;
using Identity.Pdf.Signatures;
using Identity.Pkix.Asn1;
using Identity.Pkix.Cms;
using Identity.Pkix.Signatures;
using Identity.Pkix.Timestamps;
using Identity.Pkix.X509;
using Identity.Verification.Trust;

namespace Identity.Verification.Evidence;

/// <summary>Computes the cryptographic facts of one signature: digests, signature value, time-stamps.</summary>
public static class SignatureExamination
{
    public static SignatureFacts Examine(SignatureContainer container, CertificatePool pool, ContentDigests digests)
    {
        var facts = new SignatureFacts
        {
            Dictionary = container.Dictionary,
            Cms = container.Cms,
            ContentsDefect = container.Defect,
            Signer = container.Signer,
            Attributes = container.Attributes,
        };
        var range = ContentDigests.RangeOf(container.Dictionary.ByteRange);
        if (container.Dictionary.IsDocumentTimestamp)
            return DocumentTimestamp(facts, range, pool, digests);
        if (facts.Cms is not { } cms || facts.Signer is not { } signer || facts.Attributes is not { } attributes)
            return facts;

        var (certificate, match) = FindSigningCertificate(signer, attributes, cms, pool);
        facts = facts with { SigningCertificate = certificate, SigningCertificateMatch = match };
        var digest = range is { } covered ? digests.Of(covered, signer.DigestAlgorithm.Oid) : null;
        return facts with
        {
            DigestMatches = DigestMatches(facts, cms, digest, range, digests),
            ValueCheck = certificate is null ? null : HasWrongDigest(signer) ? SignatureCheck.Invalid : VerifyValue(signer, certificate, cms, digest),
            SignatureTimestamps = [.. container.SignatureTimestamps.Select(token => Timestamp(TimestampKind.Signature, token, pool,
                name => Digests.Compute(name, signer.SignatureValue.Span)))],
            ContentTimestamps = [.. container.ContentTimestamps.Select(token => Timestamp(TimestampKind.Content, token, pool,
                name => range is { } content ? digests.Of(content, Digests.Oid(name)) : null))],
        };
    }

    // RFC 8419 3: Ed25519 goes with SHA-512, Ed448 with SHAKE256 of 512 bits. A weaker digest would undo the strength of the key.
    private static bool HasWrongDigest(SignerInfo signer) => signer.SignatureAlgorithm.Family switch
    {
        SignatureFamily.Ed25519 => signer.DigestAlgorithm.Oid != Oids.Sha512,
        SignatureFamily.Ed448 => !ContentDigests.IsShake256(signer.DigestAlgorithm.Oid),
        _ => false,
    };

    private static bool? DigestMatches(SignatureFacts facts, SignedData cms, byte[]? digest, ByteRange? range, ContentDigests digests)
    {
        if (digest is null || range is not { } covered)
            return null;
        // ISO 32000-1 12.8.3.3.1: adbe.pkcs7.sha1 encloses the SHA-1 of the bytes; the CMS signs that.
        if (facts.Dictionary.SubFilter == "adbe.pkcs7.sha1")
        {
            if (cms.Content is not { } enclosed || Digests.ToVerify(facts.Signer!.DigestAlgorithm.Oid) is not { } name)
                return null;
            var contentMatches = digests.Of(covered, Oids.Sha1) is { } sha1 && enclosed.Span.SequenceEqual(sha1);
            return contentMatches && (facts.Attributes!.MessageDigest is not { } inner || inner.Span.SequenceEqual(Digests.Compute(name, enclosed.Span)));
        }
        // RFC 5652 5.4: without signed attributes the value itself is over the digest, so the value decides both.
        if (facts.Signer!.SignedAttributesDer is null)
            return facts.SigningCertificate is { } certificate && facts.Signer.VerifySignatureOverContent(certificate.PublicKey, digest) == SignatureCheck.Valid;
        return facts.Attributes!.MessageDigest is { } stated ? stated.Span.SequenceEqual(digest) : null;
    }

    private static SignatureCheck VerifyValue(SignerInfo signer, Certificate certificate, SignedData cms, byte[]? digest)
    {
        if (signer.SignedAttributesDer is not null)
            return signer.VerifySignature(certificate.PublicKey);
        if (cms.Content is { } enclosed && Digests.ToVerify(signer.DigestAlgorithm.Oid) is { } name)
            return signer.VerifySignatureOverContent(certificate.PublicKey, Digests.Compute(name, enclosed.Span));
        return digest is null ? SignatureCheck.Invalid : signer.VerifySignatureOverContent(certificate.PublicKey, digest);
    }

    /// <summary>EN 319 102-1 5.2.3.4: the signed reference decides; without one the signer identifier is all there is.</summary>
    private static (Certificate?, SigningCertificateMatch) FindSigningCertificate(SignerInfo signer, SignedAttributeFacts attributes, SignedData cms, CertificatePool pool)
    {
        var candidates = cms.ReadableCertificates().Select(pool.Kept).Concat(pool.Certificates).Concat(pool.Anchors.Certificates);
        if (attributes.SigningCertificates is not [var reference, ..])
        {
            var named = candidates.FirstOrDefault(signer.Names);
            return (named, named is null ? SigningCertificateMatch.NotFound : SigningCertificateMatch.ByIssuerAndSerial);
        }
        foreach (var candidate in candidates.Where(signer.Names))
        {
            if (reference.Matches(candidate) == true)
                return (candidate, SigningCertificateMatch.BySignedReference);
        }
        var other = candidates.FirstOrDefault(signer.Names);
        return (other, other is null ? SigningCertificateMatch.NotFound
            : reference.Matches(other) is null ? SigningCertificateMatch.ReferenceNotComputed : SigningCertificateMatch.ReferenceDiffers);
    }

    private static SignatureFacts DocumentTimestamp(SignatureFacts facts, ByteRange? range, CertificatePool pool, ContentDigests digests)
    {
        TimestampToken? token = null;
        if (facts.Cms is { } cms)
        {
            try
            {
                token = TimestampToken.Parse(cms.Raw);
            }
            catch (MalformedException problem)
            {
                facts = facts with { ContentsDefect = problem.Message };
            }
        }
        var timestamp = Timestamp(TimestampKind.Document, token, pool, name => range is { } covered ? digests.Of(covered, Digests.Oid(name)) : null);
        return facts with
        {
            DocumentTimestamp = timestamp,
            SigningCertificate = timestamp.Authority,
            SigningCertificateMatch = timestamp.Authority is null ? SigningCertificateMatch.NotFound : SigningCertificateMatch.BySignedReference,
            DigestMatches = timestamp.ImprintMatches,
            ValueCheck = timestamp.Check,
        };
    }

    private static TimestampFacts Timestamp(TimestampKind kind, TimestampToken? token, CertificatePool pool, Func<HashAlgorithmName, byte[]?> digest)
    {
        if (token is null)
            return new TimestampFacts(kind, null, null, null, null, null);
        bool? imprintMatches = Digests.ToVerify(token.Info.Imprint.HashAlgorithm.Oid) is { } name && digest(name) is { } computed
            ? computed.AsSpan().SequenceEqual(token.Info.Imprint.Digest.Span)
            : null;
        var candidates = token.SignedData.ReadableCertificates().Select(pool.Kept).Concat(pool.Certificates).Concat(pool.Anchors.Certificates);
        var authority = candidates.FirstOrDefault(token.Signer.Names);
        try
        {
            var contentMatches = token.SignedData.Content is { } content && token.Signer.MessageDigest is { } stated
                && Digests.ToVerify(token.Signer.DigestAlgorithm.Oid) is { } inner
                ? Digests.Compute(inner, content.Span).AsSpan().SequenceEqual(stated.Span)
                : (bool?)null;
            return new TimestampFacts(kind, token, imprintMatches, authority, authority is null ? null : token.VerifySignature(authority), contentMatches);
        }
        catch (MalformedException)
        {
            return new TimestampFacts(kind, token, imprintMatches, authority, SignatureCheck.Invalid, null);
        }
    }
}
