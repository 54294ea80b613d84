using System.Collections.Concurrent;
using Identity.Audit;
using Identity.Keys;
using Identity.Keys.Activation;
using Identity.Signing.Certificates;

namespace Identity.Signing.Csc;

/// <summary>A credential whose key is here.</summary>
internal sealed record LiveCredential(RemoteCredential Record, SessionKey Key, KeyPlace Place)
{
    private volatile SigningTransaction? transaction;

    /// <summary>Of the one approval that was taken for it; null before.</summary>
    public SigningTransaction? Transaction
    {
        get => transaction;
        set => transaction = value;
    }
}

/// <summary>
/// The keys of credentials: made when a person has none, certified on the Provider's statement, disabled until approved, and destroyed after their last
/// signature, at the end of their approval or certificate, or when the service stops. At the start what the last run had is called over: keys do not outlive it.
/// </summary>
internal sealed class SessionCredentials(
    CertifiedPersonKeys keys, CscToken tokens, CredentialRecords records, AuditLog audit, TimeProvider time, ILogger<SessionCredentials> log) : BackgroundService
{
    /// <summary>A token holds few objects, and those of documents need room too.</summary>
    public const int MostAtOnce = 256;

    /// <summary>None keeps the others from signing by listing and not signing.</summary>
    public const int OfProgram = MostAtOnce / 2;

    /// <summary>A credential that ends sooner is not offered: a person could not approve and have signed in time.</summary>
    public static readonly TimeSpan LeastLeft = TimeSpan.FromMinutes(2);

    private const string Stops = "service_stops";
    private const int Stripes = 64;
    private static readonly TimeSpan BetweenSweeps = TimeSpan.FromSeconds(10);

    private int coming;

    /// <summary>By program: as many as the Provider has registered.</summary>
    private readonly ConcurrentDictionary<string, int> comingOf = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, LiveCredential> live = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim[] making = [.. Enumerable.Range(0, Stripes).Select(_ => new SemaphoreSlim(1, 1))];

    public async Task<IReadOnlyList<RemoteCredential>> List(CscAuthorization authorization, CancellationToken cancellation)
    {
        // One at a time for each person: two lists at once give one credential.
        var gate = making[(uint)string.GetHashCode($"{authorization.Client} {authorization.Subject}", StringComparison.Ordinal) % Stripes];
        await gate.WaitAsync(cancellation);
        try
        {
            var now = time.GetUtcNow();
            var usable = (await records.LiveOf(authorization.Client, authorization.Subject, cancellation))
                .Where(c => c.ApprovalId is null && c.NotAfter - now >= LeastLeft && live.ContainsKey(c.CredentialId)).ToList();
            return usable.Count > 0 ? usable : [await Make(authorization, cancellation)];
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Null when the key is gone, or at another copy of the service.</summary>
    public LiveCredential? Find(string credentialId) => live.GetValueOrDefault(credentialId);

    /// <summary>The key signs nothing more.</summary>
    public async Task Destroy(string credentialId, string reason)
    {
        var wasHere = live.TryRemove(credentialId, out var credential);
        credential?.Key.Dispose();
        // Whoever had the key tells of its end, also when the record cannot.
        var isFirst = false;
        if (!await LateWrite.Try(async () => isFirst = await records.End(credentialId), log, "the end of a credential"))
            isFirst = wasHere;
        if (isFirst)
            audit.Append(new CredentialKeyDestroyed(credentialId, reason));
        // Last: it is free by itself before long.
        if (credential is not null)
            await LateWrite.Try(() => records.Places.Free(credential.Place), log, "that a place for a key is free");
    }

    /// <summary>Of an approval whose hashes were not all signed, the end is written too.</summary>
    private async Task DestroyUnfinished(LiveCredential credential, string reason)
    {
        await Destroy(credential.Record.CredentialId, reason);
        if (credential.Transaction is { } transaction)
            await LateWrite.Try(() => records.EndApproval(transaction.Stored, transaction.OutcomeOf(reason == Stops ? CredentialRecords.Interrupted : reason)), log, "the end of an approval of hashes");
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var approval in await records.EndOwnApprovals(cancellationToken))
            audit.Append(new SigningInterrupted("csc", approval));
        await records.Places.FreeOwn(cancellationToken);
        foreach (var lost in await records.EndOwn(cancellationToken))
            audit.Append(new CredentialKeyDestroyed(lost, "service_stopped"));
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        foreach (var credential in live.Values.ToList())
        {
            try
            {
                await DestroyUnfinished(credential, Stops);
            }
            catch (Exception problem)
            {
                // The others are destroyed all the same.
                log.LogError(problem, "The end of a credential could not be audited");
            }
        }
    }

    public override void Dispose()
    {
        foreach (var gate in making)
            gate.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(BetweenSweeps, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var now = time.GetUtcNow();
                foreach (var ended in live.Values.Where(c => c.Record.NotAfter <= now).ToList())
                    await DestroyUnfinished(ended, "certificate_ended");
                // What has begun is brought to its end; nothing more can begin.
                foreach (var ended in live.Values.Where(c => c.Transaction is { IsIdle: true } transaction && transaction.Expires <= now).ToList())
                    await DestroyUnfinished(ended, "approval_ended");
                await records.RemoveOldProofs(stoppingToken);
            }
            catch (Exception problem) when (problem is not OperationCanceledException)
            {
                // Tried again in a moment; meanwhile SignHash refuses what has ended.
                log.LogError(problem, "Ended credentials could not be removed");
            }
        }
    }

    /// <summary>
    /// 1. room, as far as it is known who asks; 2. a key; 3. the Provider's statement for this key, which names the person; 4. one of the person's places, so that nothing is
    /// certified beyond their number; 5. the Authority certifies it; 6. the record, before anybody hears of it.
    /// </summary>
    private async Task<RemoteCredential> Make(CscAuthorization authorization, CancellationToken cancellation)
    {
        var (all, ofProgram) = (Interlocked.Increment(ref coming), comingOf.AddOrUpdate(authorization.Client, 1, static (_, count) => count + 1));
        try
        {
            if (all + live.Count > MostAtOnce || ofProgram + live.Values.Count(c => c.Record.Client == authorization.Client) > OfProgram)
                throw new CscRefusedException(CscError.Unavailable);
            // Whose places are taken has no key made in vain; the last word on it has the place itself.
            if (await records.KnownPerson(authorization.Client, authorization.Subject, cancellation) is { } known && await records.Places.AreTaken(known, cancellation))
                throw new CscRefusedException(CscError.Unavailable);
            using var key = new KeptOrDestroyed(keys.MakeForSession() ?? throw new CscRefusedException(CscError.Unavailable), audit);
            if (await tokens.AskForStatement(authorization, PersonStatement.KeyHash(key.Key.SubjectPublicKeyInfo.Span), cancellation) is not { Statement: { } statement }
                || PersonStatement.ClaimedPerson(statement) is not { } person)
                throw new CscRefusedException(CscError.InvalidToken);
            if (await records.Places.Take(person, cancellation) is not { } place)
                throw new CscRefusedException(CscError.Unavailable);
            try
            {
                var made = await Certify(authorization, key.Key, statement, place, cancellation);
                live[made.Record.CredentialId] = made;
                key.IsKept = true;
                return made.Record;
            }
            finally
            {
                if (!key.IsKept)
                    await records.Places.Free(place);
            }
        }
        finally
        {
            Interlocked.Decrement(ref coming);
            comingOf.AddOrUpdate(authorization.Client, 0, static (_, count) => count - 1);
        }
    }

    private async Task<LiveCredential> Certify(CscAuthorization authorization, SessionKey key, string statement, KeyPlace place, CancellationToken cancellation)
    {
        if (await keys.Certify(key, statement, cancellation) is not CertificateAnswer.Issued { Certificate: var certificate })
        {
            log.LogWarning("A credential could not be certified");
            throw new CscRefusedException(CscError.Unavailable);
        }

        key.Certified(certificate.Leaf.Raw.Span);
        var record = Record(authorization, key.Credential!, certificate);
        // The Authority has verified the statement that was only read here: it is the same one, so this cannot be.
        if (record.PersonIdentifier != place.PersonIdentifier)
            throw new InvalidOperationException("The certificate names another person than the statement.");
        var operation = audit.Begin(new CredentialCertification(record.CredentialId, record.Client));
        await records.Add(record, cancellation);
        operation.Complete(AuditOutcome.Succeeded);
        return new LiveCredential(record, key, place);
    }

    private RemoteCredential Record(CscAuthorization authorization, string credential, PersonCertificate certificate) => new()
    {
        CredentialId = credential,
        Client = authorization.Client,
        Subject = authorization.Subject,
        PersonIdentifier = AuthorityClient.PersonOf(certificate.Leaf)!,
        Certificate = certificate.Leaf.Raw.ToArray(),
        Chain = [.. certificate.Chain.SelectMany(issuer => issuer.Raw.ToArray())],
        CreatedAt = time.GetUtcNow(),
        NotAfter = certificate.Leaf.NotAfter,
        Instance = records.Instance,
    };

    private sealed class KeptOrDestroyed(SessionKey key, AuditLog audit) : IDisposable
    {
        public SessionKey Key => key;

        public bool IsKept { get; set; }

        public void Dispose()
        {
            if (IsKept)
                return;
            var hash = PersonStatement.KeyHash(key.SubjectPublicKeyInfo.Span);
            key.Dispose();
            audit.Append(new CredentialKeyUnused(hash));
        }
    }
}
