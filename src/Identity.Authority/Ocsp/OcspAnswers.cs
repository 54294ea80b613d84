using System.Collections.Concurrent;
using Identity.Authority.Issuers;
using Identity.Authority.RevocationLists;
using Identity.Authority.Storage;
using Identity.Pkix.Crl;
using Identity.Pkix.Ocsp;
using Identity.Pkix.X509;
using Microsoft.EntityFrameworkCore;

namespace Identity.Authority.Ocsp;

/// <summary>A signed answer. <see cref="MayBeKept"/>: it is about one certificate that was issued, and holds no nonce.</summary>
public sealed record OcspAnswer(byte[] Der, DateTimeOffset ThisUpdate, DateTimeOffset NextUpdate, bool MayBeKept);

/// <summary>
/// Answers from the database, signed by the responder of the authority that is asked about. An answer without nonce is kept and given again for half of its time, as
/// long as no revocation has come in anywhere since; that is looked up every second, and when that look is old nothing kept is given.
/// </summary>
public sealed class OcspAnswers(IDbContextFactory<AuthorityDatabase> databases, AuthorityKeys keys, AuthoritySettings settings, RevocationListPublisher lists, TimeProvider time)
{
    /// <summary>Kept at most; then all are forgotten. 20 MB.</summary>
    public const int MaxKept = 10_000;

    // RFC 6960 2.2: how it is said that a certificate was never issued, by who says "revoked" of it.
    private static readonly CertificateStatus.Revoked NeverIssued = new(DateTimeOffset.UnixEpoch, RevocationReason.CertificateHold);

    // Translated once: the translation costs more than the question. Not static: it is for one database product.
    private readonly Func<AuthorityDatabase, string, string, CancellationToken, Task<Found?>> find =
        EF.CompileAsyncQuery((AuthorityDatabase database, string issuer, string serial, CancellationToken cancellation) =>
            (from certificate in database.Certificates
             where certificate.Issuer == issuer && certificate.Serial == serial
             join revocation in database.Revocations on new { certificate.Issuer, certificate.Serial } equals new { revocation.Issuer, revocation.Serial } into revocations
             from revocation in revocations.DefaultIfEmpty()
             select new Found(certificate.State, revocation == null ? null : revocation.RevokedAt, revocation == null ? null : revocation.Reason)).FirstOrDefault());

    private readonly ConcurrentDictionary<string, (OcspAnswer Answer, long Revocations)> kept = new(StringComparer.Ordinal);

    /// <summary>The issuer that the request is about: the first of those asked about that is here, or null.</summary>
    public Issuer? IssuerOf(OcspRequest request) => request.Certificates.Select(IssuerOf).FirstOrDefault(i => i is not null);

    public async Task<OcspAnswer> Answer(OcspRequest request, Issuer issuer, CancellationToken cancellation)
    {
        // Read before the status is: a revocation that comes in between makes the answer one that is not given again.
        var revocations = lists.SeenRevocations;
        if (request is not { Nonce: null, Certificates: [var only] } || revocations is null) return await Sign(request, issuer, cancellation);
        var key = Convert.ToBase64String(new OcspRequest([only], null).Encode());
        if (kept.TryGetValue(key, out var known) && known.Revocations == revocations && IsFresh(known.Answer)) return known.Answer;
        var answer = await Sign(request, issuer, cancellation);
        if (!answer.MayBeKept) return answer;
        if (kept.Count >= MaxKept) kept.Clear();
        kept[key] = (answer, revocations.Value);
        return answer;
    }

    private bool IsFresh(OcspAnswer answer)
    {
        var age = time.GetUtcNow() - answer.ThisUpdate;
        return age >= TimeSpan.Zero && age < (answer.NextUpdate - answer.ThisUpdate) / 2;
    }

    private async Task<OcspAnswer> Sign(OcspRequest request, Issuer issuer, CancellationToken cancellation)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
        var singles = new List<SingleOcspResponse>();
        var issued = true;
        foreach (var id in request.Certificates)
        {
            var status = await StatusOf(id, issuer.Key, cancellation);
            issued &= status is not null;
            singles.Add(new SingleOcspResponse(id, status ?? OfNeverIssued(id, issuer.Key), now, now + settings.OcspValidity)
            {
                // RFC 6960 4.4.4: status is kept for as long as the authority exists.
                ArchiveCutoff = issuer.Key.Certificate.NotBefore,
            });
        }
        var content = new OcspResponseContent(issuer.Responder.Certificate, now, singles, request.Nonce) { ExtendedRevoke = settings.OcspNeverIssuedIsRevoked };
        var der = issuer.Responder.Sign(OcspResponseBuilder.Build(content, issuer.Responder.Algorithm));
        return new OcspAnswer(der, now, now + settings.OcspValidity, issued && request.Nonce is null && singles.Count == 1);
    }

    // Never good: of another authority's nothing is known; of our own that there is none.
    private CertificateStatus OfNeverIssued(CertificateId id, CertifiedKey authority) =>
        settings.OcspNeverIssuedIsRevoked && id.IsIssuedBy(authority.Certificate) ? NeverIssued : new CertificateStatus.Unknown();

    // Null for what was not issued. Revoked first: what was only intended may have been signed, and can be revoked.
    private async Task<CertificateStatus?> StatusOf(CertificateId id, CertifiedKey authority, CancellationToken cancellation)
    {
        if (!id.IsIssuedBy(authority.Certificate) || id.SerialNumber.Sign < 0) return null;
        var (issuer, serial) = (authority.Name, SerialNumbers.ToHex(id.SerialNumber));
        await using var database = await databases.CreateDbContextAsync(cancellation);
        var found = await find(database, issuer, serial, cancellation);
        if (found is { RevokedAt: { } revokedAt, Reason: { } reason }) return new CertificateStatus.Revoked(revokedAt, reason);
        return found?.State == CertificateState.Issued ? new CertificateStatus.Good() : null;
    }

    private sealed record Found(CertificateState State, DateTimeOffset? RevokedAt, RevocationReason? Reason);

    private Issuer? IssuerOf(CertificateId id) => keys.Issuers.FirstOrDefault(i => id.IsIssuedBy(i.Key.Certificate));
}
