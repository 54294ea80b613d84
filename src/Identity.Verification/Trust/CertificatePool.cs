using Identity.Pkix.Asn1;
using Identity.Pkix.Crl;
using Identity.Pkix.Signatures;
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
    private readonly Dictionary<Certificate, int> heldSince = [];
    private readonly Dictionary<(Certificate Subject, Certificate Issuer), bool> signedBy = [];
    private readonly Dictionary<Certificate, SubjectPublicKey> inherited = [];

    public TrustAnchors Anchors { get; } = anchors;

    /// <summary>Certificates that were left aside because the pool is full.</summary>
    public int LeftAside { get; private set; }

    /// <summary>Certificates that cannot be read; they prove nothing and hide nothing.</summary>
    public int Unreadable { get; private set; }

    public IReadOnlyList<Certificate> Certificates => inOrder;

    /// <param name="revision">The first revision of the document that holds it; null when it comes from elsewhere.</param>
    public void Add(Certificate certificate, int? revision = null)
    {
        if (!certificates.Contains(certificate))
        {
            // Its key may be open already.
            certificate = Anchors.Known.Find(certificate.Raw.Span) ?? certificate;
            if (certificates.Count >= ValidationCaps.Certificates)
            {
                LeftAside++;
                return;
            }
            certificates.Add(certificate);
            inOrder.Add(certificate);
        }
        if (revision is { } held && (!heldSince.TryGetValue(certificate, out var known) || held < known))
            heldSince[certificate] = held;
    }

    /// <summary>The one that is equal and here already, whose key may be open; otherwise the same that was given.</summary>
    public Certificate Kept(Certificate certificate) => certificates.TryGetValue(certificate, out var kept) ? kept : certificate;

    /// <summary>The first revision of the document that holds this certificate; null when none does.</summary>
    public int? HeldSince(Certificate certificate) => heldSince.TryGetValue(certificate, out var revision) ? revision : null;

    public Certificate? AddRaw(ReadOnlyMemory<byte> raw, int? revision = null)
    {
        try
        {
            var certificate = Anchors.Known.Find(raw.Span) ?? Certificate.Parse(raw);
            Add(certificate, revision);
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

    /// <summary>Who may have signed a list: named as its issuer, and not of another key identifier than the list names.</summary>
    public IEnumerable<Certificate> PossibleSigners(CertificateRevocationList list) =>
        Anchors.Certificates.Concat(inOrder.Where(certificate => !Anchors.Contains(certificate)))
            .Where(signer => signer.Subject.SameAs(list.Issuer)
                && !(list.AuthorityKeyIdentifier?.KeyIdentifier is { } wanted && signer.Facts.SubjectKeyIdentifier is { } offered && !wanted.Span.SequenceEqual(offered.Span)));

    /// <summary>The subject's signature verifies under the issuer's key.</summary>
    public bool IsSignedBy(Certificate subject, Certificate issuer)
    {
        if (signedBy.TryGetValue((subject, issuer), out var known))
            return known;
        if (Anchors.Known.Knows(subject.Raw.Span, issuer))
            return signedBy[(subject, issuer)] = true;
        if (signedBy.Count >= ValidationCaps.CertificateSignatureChecks)
            return false;
        var holds = subject.VerifySignature(KeyOf(issuer)) == SignatureCheck.Valid;
        signedBy[(subject, issuer)] = holds;
        if (holds)
            Anchors.Known.Remember(subject, issuer, Anchors);
        return holds;
    }

    /// <summary>
    /// The key of a certificate, for DSA with the parameters that it inherits from its issuer (RFC 5280 6.1.4 (d) to (f), RFC 3279 2.3.2).
    /// </summary>
    public SubjectPublicKey KeyOf(Certificate certificate)
    {
        var own = certificate.PublicKey;
        if (own.Kind != PublicKeyKind.Dsa || !own.Algorithm.HasNoParameters)
            return own;
        if (inherited.TryGetValue(certificate, out var known))
            return known;
        // Remembered before it is known: two that issue each other inherit nothing.
        inherited[certificate] = own;
        var giver = PossibleIssuers(certificate).FirstOrDefault(issuer => !issuer.Equals(certificate) && IsSignedBy(certificate, issuer));
        return inherited[certificate] = giver is null ? own : own.InheritParameters(KeyOf(giver));
    }

    // RFC 5280 4.2.1.1: identifiers help to choose; a certificate is not refused for them.
    private static bool KeyIdentifiersDisagree(Certificate subject, Certificate issuer) =>
        subject.Facts.AuthorityKeyIdentifier?.KeyIdentifier is { } wanted && issuer.Facts.SubjectKeyIdentifier is { } offered && !wanted.Span.SequenceEqual(offered.Span);
}
