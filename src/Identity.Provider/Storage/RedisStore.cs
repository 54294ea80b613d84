using Identity.Web;
using StackExchange.Redis;

namespace Identity.Provider.Storage;

/// <summary>
/// Values in Redis that live for a while, each under one key, most of them used once. Every method is one atomic command, may be called
/// concurrently from any number of Provider instances, and throws <see cref="StoreUnavailableException"/> when Redis does not answer in
/// time: nothing may be concluded then, least of all that a value is absent. Lifetimes are held by Redis itself.
/// </summary>
public sealed class RedisStore : IAsyncDisposable
{
    /// <summary>How long a request waits for Redis before it is told that the service is unavailable.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(1500);

    private readonly ConfigurationOptions configuration;
    private readonly string prefix;
    private readonly SemaphoreSlim connecting = new(1, 1);
    private ConnectionMultiplexer? connection;

    /// <param name="address">StackExchange.Redis connection string: host:port, password, ssl, serviceName for Sentinel.</param>
    /// <param name="prefix">Put before every key, so that two installations can share one Redis.</param>
    public RedisStore(string address, string prefix)
    {
        this.prefix = prefix;
        configuration = ConfigurationOptions.Parse(address);
        configuration.AbortOnConnectFail = false;
        configuration.ConnectTimeout = (int)Patience.TotalMilliseconds;
        configuration.AsyncTimeout = (int)Patience.TotalMilliseconds;
        configuration.SyncTimeout = (int)Patience.TotalMilliseconds;
        // A command that would wait for a lost connection to return fails at once instead.
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        configuration.ClientName = "identity-provider";
    }

    /// <summary>Stores <paramref name="value"/> unless the key is taken. False: somebody was first, and theirs stays.</summary>
    public Task<bool> PutOnce(string key, ReadOnlyMemory<byte> value, TimeSpan lifetime) =>
        Run(database => database.StringSetAsync(Key(key), value, lifetime, When.NotExists));

    /// <summary>Takes a name for a while. False: it is taken. Of any number of callers at one time exactly one sees true.</summary>
    public Task<bool> SetIfAbsent(string key, TimeSpan lifetime) => PutOnce(key, "1"u8.ToArray(), lifetime);

    /// <summary>Stores or overwrites.</summary>
    public Task Put(string key, ReadOnlyMemory<byte> value, TimeSpan lifetime) =>
        Run(database => database.StringSetAsync(Key(key), value, lifetime));

    /// <summary>Overwrites an existing value. False: it was gone, and stays gone.</summary>
    public Task<bool> Replace(string key, ReadOnlyMemory<byte> value, TimeSpan lifetime) =>
        Run(database => database.StringSetAsync(Key(key), value, lifetime, When.Exists));

    /// <summary>Reads without taking. Null: absent or expired.</summary>
    public async Task<byte[]?> Get(string key) => await Run(database => database.StringGetAsync(Key(key)));

    /// <summary>Reads and removes in one step (GETDEL), so that one caller gets the value. Null: absent, expired or already taken.</summary>
    public async Task<byte[]?> Take(string key) => await Run(database => database.StringGetDeleteAsync(Key(key)));

    public Task<bool> Remove(string key) => Run(database => database.KeyDeleteAsync(Key(key)));

    /// <summary>Gives an existing value a new lifetime. False: it is gone.</summary>
    public Task<bool> Extend(string key, TimeSpan lifetime) => Run(database => database.KeyExpireAsync(Key(key), lifetime));

    /// <summary>Round trip, for the readiness probe.</summary>
    public Task Ping() => Run(database => database.PingAsync());

    /// <summary>The key as Redis knows it, for commands given through <see cref="Run"/>.</summary>
    public RedisKey Key(string key) => prefix + key;

    /// <summary>Any other command, with the same patience and the same refusal.</summary>
    public async Task<T> Run<T>(Func<IDatabase, Task<T>> command)
    {
        try
        {
            var redis = connection ?? await Connect();
            return await command(redis.GetDatabase()).WaitAsync(Patience);
        }
        catch (Exception problem) when (problem is RedisException or TimeoutException or ObjectDisposedException)
        {
            // RedisServerException is among them: LOADING, READONLY after a failover, OOM under noeviction.
            throw new StoreUnavailableException("Redis", problem);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (connection is not null)
        {
            await connection.DisposeAsync();
        }

        connecting.Dispose();
    }

    // Returns within Patience even when nobody listens; StackExchange.Redis then keeps trying in the background.
    private async Task<ConnectionMultiplexer> Connect()
    {
        await connecting.WaitAsync();
        try
        {
            return connection ??= await ConnectionMultiplexer.ConnectAsync(configuration);
        }
        finally
        {
            connecting.Release();
        }
    }
}
