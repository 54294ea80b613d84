using Identity.Pkix.Asn1;
using Identity.Pkix.X509;
using Identity.Verification.Policy;

namespace Identity.Verification.Trust;

/// <summary>
/// The certificates that one validation may build paths from, and the memory of which signed which: a signature is checked once,
/// and not more often than <see cref="ValidationCaps.CertificateSignatureChecks"/>.
/// </summary>
public sealed class CertificatePool(TrustAnchors anchors)
{
    private readonly HashSet<Certificate> certificates = [];
    private readonly List<Certificate> inOrder = [];
    private readonly Dictionary<(Certificate Subject, Certificate Issuer), bool> signedBy = [];

    public TrustAnchors Anchors { get; } = anchors;

    /// <summary>Certificates that were left aside because the pool is full.</summary>
    public int LeftAside { get; private set; }

    /// <summary>Certificates that cannot be read; they prove nothing and hide nothing.</summary>
    public int Unreadable { get; private set; }

    public IReadOnlyList<Certificate> Certificates => inOrder;

    public void Add(Certificate certificate)
    {
        if (certificates.Contains(certificate))
            return;
        if (certificates.Count >= ValidationCaps.Certificates)
        {
            LeftAside++;
            return;
        }
        certificates.Add(certificate);
        inOrder.Add(certificate);
    }

    public Certificate? AddRaw(ReadOnlyMemory<byte> raw)
    {
        try
        {
            var certificate = Certificate.Parse(raw);
            Add(certificate);
            return certificate;
        }
        catch (MalformedException)
        {
            Unreadable++;
            return null;
        }
    }

    /// <summary>Possible issuers: anchors before what the document brings, matching key identifiers before the others.</summary>
    public IEnumerable<Certificate> PossibleIssuers(Certificate subject) =>
        Anchors.Certificates.Concat(inOrder.Where(certificate => !Anchors.Contains(certificate)))
            .Where(issuer => issuer.Subject.SameAs(subject.Issuer))
            .OrderBy(issuer => KeyIdentifiersDisagree(subject, issuer));

    /// <summary>The subject's signature verifies under the issuer's key.</summary>
    public bool IsSignedBy(Certificate subject, Certificate issuer)
    {
        if (signedBy.TryGetValue((subject, issuer), out var known))
            return known;
        if (signedBy.Count >= ValidationCaps.CertificateSignatureChecks)
            return false;
        var holds = subject.VerifySignature(issuer.PublicKey) == Pkix.Signatures.SignatureCheck.Valid;
        signedBy[(subject, issuer)] = holds;
        return holds;
    }

    // RFC 5280 4.2.1.1: identifiers help to choose; a certificate is not refused for them.
    private static bool KeyIdentifiersDisagree(Certificate subject, Certificate issuer) =>
        subject.Facts.AuthorityKeyIdentifier?.KeyIdentifier is { } wanted && issuer.Facts.SubjectKeyIdentifier is { } offered && !wanted.Span.SequenceEqual(offered.Span);
}
