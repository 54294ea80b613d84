using System.Collections.Concurrent;
using Identity.Audit;
using Identity.Authority.Issuers;
using Identity.Authority.Storage;
using Identity.Keys;
using Identity.Pkix.Asn1;
using Identity.Pkix.Crl;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Microsoft.EntityFrameworkCore;

namespace Identity.Authority.RevocationLists;

/// <summary>A list as it is served.</summary>
public sealed record PublishedList(byte[] Der, DateTimeOffset ThisUpdate, DateTimeOffset NextUpdate, long Number);

/// <summary>
/// Keeps the lists current: looks into the database every second, signs a new list when there is a revocation that the last one lacks, or when half of
/// its time is over. Numbers are taken in the database before they are signed, so copies of this service never give one twice and never go back.
/// </summary>
public sealed partial class RevocationListPublisher(IDbContextFactory<AuthorityDatabase> databases, AuthorityKeys keys, AuthoritySettings settings, AuditLog audit, TimeProvider time,
    ILogger<RevocationListPublisher> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, PublishedList> published = new();

    /// <summary>True when each list is there and has not run out.</summary>
    public bool AllCurrent => keys.Lists.Keys.All(issuer => Current(issuer) is not null);

    /// <summary>The list of this issuer, or null when there is none that is still good: an outdated one is never served.</summary>
    public PublishedList? Current(string issuer) => published.TryGetValue(issuer, out var list) && list.NextUpdate > time.GetUtcNow() ? list : null;

    public async Task RefreshAll(CancellationToken cancellation)
    {
        foreach (var (issuer, key) in keys.Lists)
        {
            if (key is null) ReadFromFile(issuer);
            else await Refresh(issuer, key, cancellation);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RefreshAll(stoppingToken);
                await Forget(stoppingToken);
            }
            catch (Exception problem) when (StoreFailures.StoreOf(problem) is not null || problem is KeyUnavailableException)
            {
                // Tried again in a second; once the last list runs out, readiness and the route say so.
                LogNotRefreshed(problem);
            }
        }
    }

    private async Task Refresh(string issuer, CertifiedKey key, CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        var now = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
        var revocations = await database.Revocations.LongCountAsync(r => r.Issuer == issuer, cancellation);
        var latest = await database.RevocationLists.AsNoTracking().Where(l => l.Issuer == issuer && l.Der != null).OrderByDescending(l => l.Number)
            .Select(l => new { l.Number, l.ThisUpdate, l.NextUpdate, l.Sequence }).FirstOrDefaultAsync(cancellation);
        if (latest is null || latest.Sequence != revocations || now >= latest.ThisUpdate + ((latest.NextUpdate - latest.ThisUpdate) / 2))
        {
            await Issue(database, issuer, key, now, cancellation);
            return;
        }
        if (published.TryGetValue(issuer, out var known) && known.Number == latest.Number) return;
        // Another copy signed it.
        var der = await database.RevocationLists.Where(l => l.Issuer == issuer && l.Number == latest.Number).Select(l => l.Der).SingleAsync(cancellation);
        published[issuer] = new PublishedList(der!, latest.ThisUpdate, latest.NextUpdate, latest.Number);
    }

    private async Task Issue(AuthorityDatabase database, string issuer, CertifiedKey key, DateTimeOffset now, CancellationToken cancellation)
    {
        // 1. The number, taken: whoever else wants it fails here and looks again in a second.
        var revoked = await database.Revocations.AsNoTracking().Where(r => r.Issuer == issuer).OrderBy(r => r.Sequence).ToListAsync(cancellation);
        var record = new RevocationListRecord
        {
            Issuer = issuer,
            Number = (await database.RevocationLists.Where(l => l.Issuer == issuer).Select(l => (long?)l.Number).MaxAsync(cancellation) ?? 0) + 1,
            ThisUpdate = now,
            NextUpdate = now + settings.RevocationListValidity,
            Sequence = revoked.Count,
        };
        database.Add(record);
        try
        {
            await database.SaveChangesAsync(cancellation);
        }
        catch (DbUpdateException problem) when (AuthorityDatabase.IsAlreadyThere(problem))
        {
            return;
        }

        // 2. Signed, verified, stored; 3. served.
        var operation = audit.Begin(new RevocationListIssue(issuer, record.Number));
        try
        {
            var der = Sign(key, record, revoked);
            await database.RevocationLists.Where(l => l.Issuer == issuer && l.Number == record.Number)
                .ExecuteUpdateAsync(l => l.SetProperty(r => r.Der, der), CancellationToken.None);
            operation.Complete(AuditOutcome.Succeeded);
            published[issuer] = new PublishedList(der, record.ThisUpdate, record.NextUpdate, record.Number);
        }
        catch (Exception problem) when (problem is not AuditUnavailableException)
        {
            operation.Complete(AuditOutcome.Failed, "not_stored");
            throw;
        }
    }

    private static byte[] Sign(CertifiedKey key, RevocationListRecord record, List<RevocationRecord> revoked)
    {
        var entries = revoked.Select(r => new RevokedCertificate(SerialNumbers.FromHex(r.Serial), r.RevokedAt, r.Reason)).ToList();
        var content = new CrlContent(key.Certificate, record.Number, record.ThisUpdate, record.NextUpdate, entries)
        {
            // No issuing distribution point: the list is complete (RFC 5280 5.2.5), also for certificates that name another address or none. Nothing is ever taken off it.
            ExpiredCertificatesSince = key.Certificate.NotBefore,
        };
        var der = key.Sign(CrlBuilder.Build(content, key.Algorithm));
        return CertificateRevocationList.Parse(der).VerifySignature(key.Certificate.PublicKey) == SignatureCheck.Valid
            ? der
            : throw new InvalidOperationException($"The signature of revocation list {record.Number} does not verify.");
    }

    // The list of an offline root: brought by the ceremony that signed it.
    private void ReadFromFile(string issuer)
    {
        try
        {
            var der = File.ReadAllBytes(Path.Combine(settings.Keys, issuer + ".crl"));
            if (published.TryGetValue(issuer, out var known) && known.Der.AsSpan().SequenceEqual(der)) return;
            var list = CertificateRevocationList.Parse(der);
            if (list.VerifySignature(keys.IssuerCertificate(issuer)!.PublicKey) != SignatureCheck.Valid || list.NextUpdate is not { } next)
                throw new MalformedException("CertificateList: not signed by the issuer, or without nextUpdate");
            published[issuer] = new PublishedList(der, list.ThisUpdate, next, (long)(list.Number ?? 0));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or MalformedException or OverflowException)
        {
            LogNotRefreshed(problem);
        }
    }

    private async Task Forget(CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        var now = time.GetUtcNow();
        await database.UsedRequestTokens.Where(t => t.ExpiresAt < now).ExecuteDeleteAsync(cancellation);
    }

    [LoggerMessage(LogLevel.Error, "A revocation list could not be brought up to date")]
    private partial void LogNotRefreshed(Exception problem);
}
