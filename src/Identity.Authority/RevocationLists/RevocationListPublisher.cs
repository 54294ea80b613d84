using System.Collections.Concurrent;
using Identity.Audit;
using Identity.Authority.Issuance;
using Identity.Authority.Issuers;
using Identity.Authority.Storage;
using Identity.Keys;
using Identity.Pkix.Asn1;
using Identity.Pkix.Crl;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Microsoft.EntityFrameworkCore;

namespace Identity.Authority.RevocationLists;

/// <summary>A list that must not be signed, or whose signature is none. The last one is served until it runs out.</summary>
public sealed class RevocationListRefusedException(string message) : Exception(message);

/// <summary>A list as it is served.</summary>
public sealed record PublishedList(byte[] Der, DateTimeOffset ThisUpdate, DateTimeOffset NextUpdate, long Number);

/// <summary>
/// Keeps the lists current: looks into the database every second, signs a new list when there is a revocation that the last one lacks, or when half of
/// its time is over. Numbers are taken in the database before they are signed, so copies of this service never give one twice and never go back. Each
/// issuer has its complete list; with shards, parts of it too, each of the certificates that name it.
/// </summary>
public sealed partial class RevocationListPublisher(IDbContextFactory<AuthorityDatabase> databases, AuthorityKeys keys, AuthoritySettings settings, AuditLog audit, TimeProvider time,
    ILogger<RevocationListPublisher> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SeenFor = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, PublishedList> published = new();
    private volatile IReadOnlyList<Scope>? scopes;
    private volatile Seen? seen;

    /// <summary>One list: the complete one of an issuer, or a part. Without key it comes from a file.</summary>
    private sealed record Scope(string Issuer, int? Shard, CertifiedKey? Key)
    {
        public string Name => StatusAddresses.ListName(Issuer, Shard);

        /// <summary>The address in the certificates that name it; none in a complete list, which also holds those that name another.</summary>
        public string? Uri(Uri status) => Shard is null ? null : $"{status}crl/{Name}.crl";
    }

    private sealed record Seen(long Revocations, long At);

    /// <summary>Names of the lists: the issuer's, and with a shard's number behind a slash.</summary>
    public IEnumerable<string> Names => scopes?.Select(s => s.Name) ?? keys.Lists.Keys;

    /// <summary>True when each list is there and has not run out.</summary>
    public bool AllCurrent => Names.All(name => Current(name) is not null);

    /// <summary>How many revocations there were when they were last counted, or null when that is longer ago than a few seconds: nobody knows then what is new.</summary>
    public long? SeenRevocations => seen is { } last && time.GetElapsedTime(last.At) < SeenFor ? last.Revocations : null;

    /// <summary>The list of this name, or null when there is none that is still good: an outdated one is never served.</summary>
    public PublishedList? Current(string name) => published.TryGetValue(name, out var list) && list.NextUpdate > time.GetUtcNow() ? list : null;

    public async Task RefreshAll(CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        scopes ??= await Scopes(database, cancellation);
        var at = time.GetTimestamp();
        var counts = await database.Revocations.GroupBy(r => new { r.Issuer, r.Shard }).Select(g => new { g.Key.Issuer, g.Key.Shard, Count = g.LongCount() }).ToListAsync(cancellation);
        seen = new Seen(counts.Sum(c => c.Count), at);
        foreach (var scope in scopes)
        {
            if (scope.Key is null) ReadFromFile(scope.Issuer);
            else await Refresh(database, scope, scope.Key, counts.Where(c => c.Issuer == scope.Issuer && (scope.Shard is null || c.Shard == scope.Shard)).Sum(c => c.Count), cancellation);
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
            catch (Exception problem) when (AuthorityStores.Outage(problem) is not null || problem is RevocationListRefusedException)
            {
                // Tried again in a second; once the last list runs out, readiness and the route say so.
                LogNotRefreshed(problem);
            }
        }
    }

    // Shards that were once there stay: certificates name them.
    private async Task<IReadOnlyList<Scope>> Scopes(AuthorityDatabase database, CancellationToken cancellation)
    {
        var complete = keys.Lists.Select(l => new Scope(l.Key, null, l.Value)).ToList();
        var parts = new List<Scope>();
        foreach (var issuer in settings.Issuers.Where(i => i.Certifies != Certifies.Services && keys.Lists.ContainsKey(i.Name)))
        {
            var before = await database.RevocationLists.Where(l => l.Issuer.StartsWith(issuer.Name + "/")).Select(l => l.Issuer).Distinct().CountAsync(cancellation);
            parts.AddRange(Enumerable.Range(0, Math.Max(before, settings.RevocationListShards)).Select(shard => new Scope(issuer.Name, shard, keys.Key(issuer.Name))));
        }
        return [.. complete, .. parts];
    }

    private async Task Refresh(AuthorityDatabase database, Scope scope, CertifiedKey key, long revocations, CancellationToken cancellation)
    {
        var name = scope.Name;
        var now = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
        var latest = await database.RevocationLists.AsNoTracking().Where(l => l.Issuer == name && l.Der != null).OrderByDescending(l => l.Number)
            .Select(l => new { l.Number, l.ThisUpdate, l.NextUpdate, l.Sequence }).FirstOrDefaultAsync(cancellation);
        if (latest is null || latest.Sequence != revocations || now >= latest.ThisUpdate + ((latest.NextUpdate - latest.ThisUpdate) / 2))
        {
            await Issue(database, scope, key, now, cancellation);
            return;
        }
        if (published.TryGetValue(name, out var known) && known.Number == latest.Number) return;
        // Another copy signed it.
        var der = await database.RevocationLists.Where(l => l.Issuer == name && l.Number == latest.Number).Select(l => l.Der).SingleAsync(cancellation);
        published[name] = new PublishedList(der!, latest.ThisUpdate, latest.NextUpdate, latest.Number);
    }

    private async Task Issue(AuthorityDatabase database, Scope scope, CertifiedKey key, DateTimeOffset now, CancellationToken cancellation)
    {
        // 1. The number, taken: whoever else wants it fails here and looks again in a second.
        var name = scope.Name;
        var revoked = await database.Revocations.AsNoTracking().Where(r => r.Issuer == scope.Issuer && (scope.Shard == null || r.Shard == scope.Shard)).OrderBy(r => r.Sequence).ToListAsync(cancellation);
        var record = new RevocationListRecord
        {
            Issuer = name,
            Number = (await database.RevocationLists.Where(l => l.Issuer == name).Select(l => (long?)l.Number).MaxAsync(cancellation) ?? 0) + 1,
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
            database.ChangeTracker.Clear();
            return;
        }

        // 2. Signed, verified, stored; 3. served.
        var operation = audit.Begin(new RevocationListIssue(name, record.Number));
        try
        {
            var der = Sign(key, record, revoked, scope.Uri(settings.StatusAddress));
            await database.RevocationLists.Where(l => l.Issuer == name && l.Number == record.Number)
                .ExecuteUpdateAsync(l => l.SetProperty(r => r.Der, der), CancellationToken.None);
            operation.Complete(AuditOutcome.Succeeded);
            published[name] = new PublishedList(der, record.ThisUpdate, record.NextUpdate, record.Number);
        }
        catch (Exception problem) when (problem is not AuditUnavailableException)
        {
            operation.Complete(AuditOutcome.Failed, "not_stored");
            throw;
        }
    }

    private static byte[] Sign(CertifiedKey key, RevocationListRecord record, List<RevocationRecord> revoked, string? uri)
    {
        var entries = revoked.Select(r => new RevokedCertificate(SerialNumbers.FromHex(r.Serial), r.RevokedAt, r.Reason)).ToList();
        var content = new CrlContent(key.Certificate, record.Number, record.ThisUpdate, record.NextUpdate, entries)
        {
            // RFC 5280 5.2.5: a part says of which distribution point it is. A complete list has none, also for certificates that name another address. Nothing is ever taken off either.
            DistributionPointUri = uri,
            ExpiredCertificatesSince = key.Certificate.NotBefore,
        };
        var toBeSigned = CrlBuilder.Build(content, key.Algorithm);
        // As with certificates: what is wrong is not signed.
        if (RevocationListLint.Check(CertificateRevocationList.Parse(ThrowAwaySignature.Finish(toBeSigned)), content) is { } problem)
            throw new RevocationListRefusedException($"Revocation list {record.Issuer} {record.Number} was not signed: {problem}.");
        var der = key.Sign(toBeSigned);
        return CertificateRevocationList.Parse(der).VerifySignature(key.Certificate.PublicKey) == SignatureCheck.Valid
            ? der
            : throw new RevocationListRefusedException($"The signature of revocation list {record.Issuer} {record.Number} does not verify.");
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
            // RFC 5280 5.2.3: whoever puts an older file there does not make a revoked authority good again.
            if (known is not null && list.Number < known.Number) throw new MalformedException("CertificateList: its number goes back");
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
