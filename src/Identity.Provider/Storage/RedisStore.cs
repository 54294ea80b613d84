using Identity.Web;
using StackExchange.Redis;

namespace Identity.Provider.Storage;

/// <summary>
/// Values in Redis that live for a while, each under one key, most of them used once. Every method is one atomic command, may be called
/// concurrently from any number of Provider instances, and throws <see cref="StoreUnavailableException"/> when Redis does not answer in
/// time: nothing may be concluded then, least of all that a value is absent. Lifetimes are held by Redis itself.
/// Redis copies writes to its replicas after it has answered, and what it had not copied is lost when a replica takes its place. So what
/// must not come back (a use, a redemption, an end) goes through <see cref="Confirm"/>, which answers when enough replicas have it too.
/// </summary>
public sealed class RedisStore : IAsyncDisposable
{
    /// <summary>How long a request waits for Redis before it is told that the service is unavailable.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(1500);

    /// <summary>How long a write waits for its copies: less than <see cref="Patience"/>, so that Redis says how many there are.</summary>
    private static readonly TimeSpan CopyPatience = TimeSpan.FromSeconds(1);

    /// <summary>A write and the question for its copies go out together. Sooner than this no other server can have taken the first one's place in between.</summary>
    private static readonly TimeSpan OneBreath = TimeSpan.FromMilliseconds(100);

    private readonly string prefix;
    private readonly int replicas;
    private readonly RedisConnection shared;
    // WAIT holds up whatever comes behind it on its connection.
    private readonly RedisConnection confirming;

    /// <param name="address">StackExchange.Redis connection string: host:port, password, ssl; or those of Sentinels, with serviceName.</param>
    /// <param name="prefix">Put before every key, so that two installations can share one Redis.</param>
    /// <param name="replicas">How many replicas must have what <see cref="Confirm"/> wrote.</param>
    public RedisStore(string address, string prefix, int replicas = 0)
    {
        this.prefix = prefix;
        this.replicas = replicas;
        shared = new RedisConnection(address);
        confirming = replicas > 0 ? new RedisConnection(address) : shared;
    }

    /// <summary>Stores <paramref name="value"/> unless the key is taken. False: somebody was first, and theirs stays.</summary>
    public Task<bool> PutOnce(string key, ReadOnlyMemory<byte> value, TimeSpan lifetime) =>
        Run(database => database.StringSetAsync(Key(key), value, lifetime, When.NotExists));

    /// <summary>Takes a name for a while. False: it is taken. Of any number of callers at one time exactly one sees true, but for a failover in between.</summary>
    public Task<bool> SetIfAbsent(string key, TimeSpan lifetime) => PutOnce(key, "1"u8.ToArray(), lifetime);

    /// <summary>Uses up a name for a while. False: it was used. Exactly one caller sees true, also over a failover.</summary>
    public Task<bool> UseOnce(string key, TimeSpan lifetime) => Confirm(database => database.StringSetAsync(Key(key), "1"u8.ToArray(), lifetime, When.NotExists));

    /// <summary>Stores or overwrites.</summary>
    public Task Put(string key, ReadOnlyMemory<byte> value, TimeSpan lifetime) =>
        Run(database => database.StringSetAsync(Key(key), value, lifetime));

    /// <summary>Overwrites an existing value for good. False: it was gone, and stays gone.</summary>
    public Task<bool> Replace(string key, ReadOnlyMemory<byte> value, TimeSpan lifetime) =>
        Confirm(database => database.StringSetAsync(Key(key), value, lifetime, When.Exists));

    /// <summary>Reads without taking. Null: absent or expired.</summary>
    public async Task<byte[]?> Get(string key) => await Run(database => database.StringGetAsync(Key(key), Primary));

    /// <summary>Reads and removes in one step (GETDEL), so that one caller gets the value. Null: absent, expired or already taken.</summary>
    public async Task<byte[]?> Take(string key) => await Confirm(database => database.StringGetDeleteAsync(Key(key)));

    public Task<bool> Remove(string key) => Run(database => database.KeyDeleteAsync(Key(key)));

    /// <summary>Gives an existing value a new lifetime. False: it is gone.</summary>
    public Task<bool> Extend(string key, TimeSpan lifetime) => Run(database => database.KeyExpireAsync(Key(key), lifetime));

    /// <summary>Round trip, for the readiness probe; with as many replicas as there must be.</summary>
    public Task Ping() => Confirm(database => database.PingAsync(Primary));

    /// <summary>The key as Redis knows it, for commands given through <see cref="Run"/>.</summary>
    public RedisKey Key(string key) => prefix + key;

    /// <summary>For every command that only reads: a replica would answer too, with what was.</summary>
    internal const CommandFlags Primary = CommandFlags.DemandMaster;

    /// <summary>Any other command, with the same patience and the same refusal.</summary>
    public Task<T> Run<T>(Func<IDatabase, Task<T>> command) => Ask(shared, command);

    /// <summary>
    /// A write that must not come undone. When Redis has done it but too few replicas have heard of it, the caller learns that Redis is unavailable:
    /// nothing may be granted then, and a repetition finds it done.
    /// </summary>
    /// <param name="command">Hands all of its commands over before it first waits.</param>
    public Task<T> Confirm<T>(Func<IDatabase, Task<T>> command) => replicas == 0 ? Run(command) : Ask(confirming, async database =>
    {
        var began = TimeProvider.System.GetTimestamp();
        var done = command(database);
        var copies = database.ExecuteAsync("WAIT", [replicas, (int)CopyPatience.TotalMilliseconds], Primary);
        var together = TimeProvider.System.GetElapsedTime(began) < OneBreath;
        var result = await done;
        if ((int)await copies < replicas || !together)
            throw new TimeoutException("Too few replicas of Redis have what was written.");
        return result;
    });

    public async ValueTask DisposeAsync()
    {
        await shared.DisposeAsync();
        await confirming.DisposeAsync();
    }

    private static async Task<T> Ask<T>(RedisConnection connection, Func<IDatabase, Task<T>> command)
    {
        try
        {
            return await command(await connection.Database()).WaitAsync(Patience);
        }
        catch (Exception problem) when (problem is RedisException or TimeoutException or ObjectDisposedException)
        {
            // RedisServerException is among them: LOADING, READONLY after a failover, NOREPLICAS, OOM under noeviction.
            throw new StoreUnavailableException("Redis", problem);
        }
    }
}
