using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Identity.Keys.Activation;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Identity.Signing.Certificates;
using Identity.Signing.Requests;

namespace Identity.Signing.Evidence;

/// <summary>What a check of an evidence file found.</summary>
/// <param name="Check">A stable word.</param>
/// <param name="Detail">What holds, or the first thing that does not.</param>
/// <param name="IsProven">False for what the service alone says: nothing in the file shows whether it is so.</param>
public sealed record EvidenceFinding(string Check, bool Holds, string Detail, bool IsProven = true);

/// <summary>A document that the reader has.</summary>
/// <param name="Whole">SHA-256 of the file, base64url.</param>
/// <param name="Sha256">The same, and of each beginning that may be the document before it was signed, or before more was put behind it.</param>
public sealed record ComparedDocument(string Name, string Whole, IReadOnlyCollection<string> Sha256);

/// <summary>What is compared with the file: nothing in it is believed because it stands there.</summary>
/// <param name="ProviderKeys">The Provider's key set from a source that the reader trusts; null: the one in the file, which proves less.</param>
/// <param name="Anchors">Certificates that the reader trusts, DER; empty: none is compared.</param>
/// <param name="Documents">What the reader has of what was approved or signed.</param>
public sealed record EvidenceComparison(string? ProviderKeys, IReadOnlyList<byte[]> Anchors, IReadOnlyList<ComparedDocument> Documents);

/// <summary>
/// Checks an evidence file with nothing but itself and what the reader brings: no network, no database. In the order in which one thing rests on the
/// other; what rests on something that does not hold is not checked.
/// </summary>
public static class CheckEvidence
{
    public static IReadOnlyList<EvidenceFinding> Run(byte[] file, EvidenceComparison comparison)
    {
        if (EvidenceFile.Read(file) is not { } evidence)
            return [new("file", false, "not an evidence file of version 1 or 2")];
        var findings = new List<EvidenceFinding> { new("file", true, $"an evidence file of version {evidence.Version}") };
        // 1. What was decoded for the reader is what the Provider signed.
        findings.Add(EvidenceParts.Of(evidence.Token) is { } parts && parts == evidence.Parts
            ? new("parts", true, "the parts are those in the Provider's token")
            : new("parts", false, "the parts are not those in the Provider's token"));
        // 2. Provider, person, passkey.
        var (approval, proof) = Approval(evidence, comparison.ProviderKeys);
        findings.Add(proof);
        if (approval is null)
            return findings;
        // 3. What was approved.
        findings.Add(evidence.Version == 1 ? Documents(evidence, approval.Structure) : Signatures(evidence, approval.Structure));
        // What became of it is the service's word: the approval came before.
        findings.AddRange(evidence.Documents.Select(document => new EvidenceFinding("stated", true, document.SignedSha256 is null
            ? $"{document.Name}: {document.Status}" : $"{document.Name}: {document.Status}, and the signed file has SHA-256 {document.SignedSha256}", IsProven: false)));
        findings.AddRange(evidence.Signatures.Select(signature => new EvidenceFinding("stated", true, $"{signature.Name}: {signature.Status}", IsProven: false)));
        // 4. The key that was certified for it.
        findings.AddRange(Certificates(evidence, approval, comparison.Anchors));
        // 5. What the reader has.
        findings.AddRange(comparison.Documents.Select(document => Compare(document, evidence, approval.Structure)));
        return findings;
    }

    private static EvidenceFinding Compare(ComparedDocument document, EvidenceFile evidence, ApprovalStructure structure)
    {
        var said = structure.Signatures.FirstOrDefault(signature => signature.Document is not null && document.Sha256.Contains(signature.Document))?.Label;
        if (structure.Documents.FirstOrDefault(approved => document.Sha256.Contains(approved.Sha256)) is not { } found)
            return said is null ? new("document", false, $"{document.Name}: neither it nor a beginning of it was approved")
                : new("document", true, $"{document.Name}: the program said that the hash approved under the name {said} comes from it");
        if (found.Sha256 == document.Whole)
            return new("document", true, $"{document.Name}: approved under the name {found.Label}");
        // It goes on behind what was approved: then it is the signed file that is stated, or that with more behind it.
        var stated = evidence.Documents.FirstOrDefault(one => one.Sha256 == EvidenceFile.Hex(found.Sha256))?.SignedSha256;
        return stated is null || document.Sha256.Any(candidate => EvidenceFile.Hex(candidate) == stated)
            ? new("document", true, $"{document.Name}: begins with what was approved under the name {found.Label}" + (stated is null ? "" : ", and is the signed file that is stated"))
            : new("document", false, $"{document.Name}: begins with what was approved under the name {found.Label}, but is not the signed file that is stated");
    }

    private static (VerifiedApproval? Approval, EvidenceFinding Finding) Approval(EvidenceFile evidence, string? trustedKeys)
    {
        if (Claimed(evidence.Token) is not { } expected)
            return (null, new("approval", false, "malformed"));
        return ApprovalEvidence.Verify(evidence.Token, trustedKeys ?? evidence.ProviderKeys, expected) switch
        {
            ApprovalVerification.Verified verified => (verified.Approval, new("approval", true,
                $"{verified.Approval.Issuer} states, and the passkey's signature shows: {verified.Approval.Person.Identifier} approved at {verified.Approval.IssuedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC"
                + (trustedKeys is null ? " (the Provider's keys are those in the file)" : ""))),
            ApprovalVerification.Refused refused => (null, new("approval", false, SnakeCase.Of(refused.Reason))),
            _ => throw new InvalidOperationException("Verifying evidence has two outcomes."),
        };
    }

    /// <summary>
    /// What the token says of itself, so that its parts can be held against each other; that its origin and relying party are the issuer's is demanded
    /// here. Whether the issuer is the right one is the reader's to judge: it is printed, and its keys may be brought.
    /// </summary>
    private static ApprovalExpectations? Claimed(string token)
    {
        try
        {
            using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]), new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            var root = payload.RootElement;
            var issuer = new Uri(root.GetProperty("iss").GetString() ?? "");
            return new ApprovalExpectations
            {
                Issuer = issuer.AbsoluteUri,
                Audience = root.GetProperty("aud").GetString() ?? "",
                RelyingPartyId = issuer.Host,
                Origins = [issuer.GetLeftPart(UriPartial.Authority)],
                Now = DateTimeOffset.FromUnixTimeSeconds(root.GetProperty("iat").GetInt64()),
            };
        }
        catch (Exception problem) when (problem is JsonException or FormatException or KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private static EvidenceFinding Documents(EvidenceFile evidence, ApprovalStructure structure)
    {
        var named = evidence.Documents.Select(document => (document.Name, document.Sha256));
        var approved = structure.Documents.Select(document => (document.Label, Convert.ToHexStringLower(Base64Url.DecodeFromChars(document.Sha256))));
        return structure.Documents.Count > 0 && named.SequenceEqual(approved)
            ? new("documents", true, $"{structure.Documents.Count} approved for {structure.Requester}: {structure.Purpose}")
            : new("documents", false, "the documents are not those that were approved");
    }

    private static EvidenceFinding Signatures(EvidenceFile evidence, ApprovalStructure structure)
    {
        var named = evidence.Signatures.Select(signature => (signature.Name, signature.Hash, signature.Document));
        var approved = structure.Signatures.Select(signature => (signature.Label, EvidenceFile.Hex(signature.Hash), signature.Document is null ? null : EvidenceFile.Hex(signature.Document)));
        return structure.Signatures.Count > 0 && named.SequenceEqual(approved)
            ? new("signatures", true, $"{structure.Signatures.Count} approved for {structure.Requester}: {structure.Purpose}")
            : new("signatures", false, "the hashes are not those that were approved");
    }

    private static IEnumerable<EvidenceFinding> Certificates(EvidenceFile evidence, VerifiedApproval approval, IReadOnlyList<byte[]> anchors)
    {
        if (evidence.Certificates.Count == 0)
        {
            yield return new("certificate", false, "no certificate came of this approval");
            yield break;
        }

        if (Load(evidence.Certificates) is not [var leaf, ..] chain)
        {
            yield return new("certificate", false, "malformed");
            yield break;
        }

        yield return Leaf(leaf, approval);
        yield return Chain(chain, anchors);
    }

    private static EvidenceFinding Leaf(Certificate leaf, VerifiedApproval approval)
    {
        var wanted = approval.Structure.Documents.Select(document => document.Sha256);
        if (AuthorityClient.PersonOf(leaf) != approval.Person.Identifier)
            return new("certificate", false, "it names another person");
        // Of hashes: the approval names the certificate, which was there before it.
        if (approval.Structure.Credential is { } credential)
        {
            return Base64Url.EncodeToString(SHA256.HashData(leaf.Raw.Span)) != credential ? new("certificate", false, "it is not the one that was approved")
                : approval.IssuedAt <= leaf.NotAfter ? new("certificate", true, $"serial {leaf.SerialHex}: this person, and named by the approval")
                : new("certificate", false, "it is of another time");
        }

        // The extension's identifier is a setting of the Authority: known by its form.
        if (!leaf.Extensions.Any(extension => ApprovedDocuments.Read(extension.Value) is { } digests && digests.Select(digest => Base64Url.EncodeToString(digest.Span)).SequenceEqual(wanted)))
            return new("certificate", false, "it names other documents");
        return leaf.NotBefore <= approval.Structure.Expires && approval.IssuedAt <= leaf.NotAfter
            ? new("certificate", true, $"serial {leaf.SerialHex}: this person, these documents")
            : new("certificate", false, "it is of another time");
    }

    private static EvidenceFinding Chain(List<Certificate> chain, IReadOnlyList<byte[]> anchors)
    {
        for (var index = 0; index + 1 < chain.Count; index++)
        {
            if (chain[index].VerifySignature(chain[index + 1].PublicKey) != SignatureCheck.Valid)
                return new("chain", false, $"certificate {index + 1} is not signed by the next");
        }

        // RFC 5280 6.1, as of when the key was certified: authorities that may issue, valid then. Who trusts nobody yet takes the last one as it is.
        var roots = new X509Certificate2Collection();
        try
        {
            foreach (var root in anchors.DefaultIfEmpty(chain[^1].Raw.ToArray()))
                roots.Add(X509CertificateLoader.LoadCertificate(root));
            var holds = TrustedChain.Path(chain[0].Raw, chain.Skip(1).Select(certificate => certificate.Raw), chain[0].NotBefore, roots) is { } path
                && path.Select(certificate => certificate.Raw.ToArray()).SequenceEqual(chain.Select(certificate => certificate.Raw.ToArray()), SameBytes);
            if (anchors.Count > 0 && !anchors.Any(anchor => anchor.AsSpan().SequenceEqual(chain[^1].Raw.Span)))
                return new("chain", false, "it does not end with a certificate that you trust");
            if (!holds)
                return new("chain", false, "a certificate in it may not issue others, or was not valid when the next was issued");
        }
        catch (CryptographicException)
        {
            return new("chain", false, "malformed");
        }
        finally
        {
            foreach (var root in roots)
                root.Dispose();
        }

        return anchors.Count == 0
            ? new("chain", true, $"each certificate is signed by the next, up to {SafeName(chain[^1])}; no --trust was given to compare it with")
            : new("chain", true, "each certificate is signed by the next, up to one that you trust");
    }

    private static readonly IEqualityComparer<byte[]> SameBytes = EqualityComparer<byte[]>.Create((one, other) => one.AsSpan().SequenceEqual(other));

    private static string SafeName(Certificate certificate) => Web.SafeText.ForDisplay(certificate.Subject[Oids.CommonName] ?? "a certificate without a name");

    private static List<Certificate>? Load(IReadOnlyList<string> pems)
    {
        try
        {
            return [.. pems.Select(pem => Certificate.Parse(Decode(pem)))];
        }
        catch (Exception problem) when (problem is MalformedException or ArgumentException or FormatException)
        {
            return null;
        }
    }

    private static byte[] Decode(string pem)
    {
        var fields = PemEncoding.Find(pem);
        return Convert.FromBase64String(pem[fields.Base64Data]);
    }
}
