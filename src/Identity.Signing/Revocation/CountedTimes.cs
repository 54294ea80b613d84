using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.Timestamps;
using Identity.Pkix.X509;
using Identity.Signing.Certificates;

namespace Identity.Signing.Revocation;

/// <summary>
/// Which time-stamps count, our own and those that a document brings: made by a certificate that is for nothing else, and that led to a configured
/// root at the time that is stated. Any key can sign something that looks like a time-stamp, with any time in it; one that does not count is as if it
/// were not there. Whether the certificate was revoked is asked where revocation is, in <see cref="CollectValidationData"/>.
/// </summary>
internal sealed class CountedTimes
{
    private readonly Dictionary<SignatureInDocument, IReadOnlyList<TimestampToken>> over;

    private CountedTimes(Dictionary<SignatureInDocument, IReadOnlyList<TimestampToken>> over) => this.over = over;

    public static CountedTimes In(IReadOnlyList<SignatureInDocument> all, KnownCertificates known, TrustedChain trust)
    {
        var over = new Dictionary<SignatureInDocument, IReadOnlyList<TimestampToken>>(ReferenceEqualityComparer.Instance);
        foreach (var signature in all)
            over.Add(signature, [.. Tokens(signature).Where(token => Counts(token, known, trust))]);
        return new(over);
    }

    /// <summary>Of a document time-stamp itself, of a signature those over its value.</summary>
    public IReadOnlyList<TimestampToken> Of(SignatureInDocument signature) => over[signature];

    private static IReadOnlyList<TimestampToken> Tokens(SignatureInDocument signature) => signature switch
    {
        { IsTimestamp: false } => signature.SignatureTimestamps,
        { Token: { } own } => [own],
        _ => [],
    };

    /// <summary>What it is over is asked for where it is read.</summary>
    public static bool Counts(TimestampToken token, KnownCertificates known, TrustedChain trust) =>
        // The certificate that is trusted is the one that signed: a token may hold two of one issuer and number.
        Authority(token) is { } authority && token.VerifySignature(authority) == SignatureCheck.Valid && IsForTimestampsOnly(authority) && !token.Info.HasUnknownCriticalExtension
        && (trust.Leads(authority.Raw, token.SignedData.Certificates, token.Info.Time)
            || trust.Leads(authority.Raw, token.SignedData.Certificates.Concat(known.Above(authority).Select(issuer => issuer.Raw)), token.Info.Time));

    public static Certificate? Authority(TimestampToken token) => token.SignedData.ReadableCertificates().FirstOrDefault(token.Signer.Names);

    /// <summary>RFC 3161 2.3: extended key usage present, critical, and time-stamping alone.</summary>
    public static bool IsForTimestampsOnly(Certificate certificate) =>
        certificate.Facts.ExtendedKeyUsage is [var usage] && usage == Oids.UsageTimeStamping
        && certificate.Extensions.Any(extension => extension.Oid == Oids.ExtendedKeyUsage && extension.Critical);
}
