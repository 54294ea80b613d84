using StackExchange.Redis;

namespace Identity.Provider.Storage;

/// <summary>
/// One connection to Redis, or to the primary that its Sentinels name, made when it is first asked for and kept by StackExchange.Redis, which follows the
/// Sentinels from then on. May be called concurrently.
/// </summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    /// <summary>More than anybody has beside a primary.</summary>
    private const int MostReplicas = 5;

    private readonly ConfigurationOptions configuration;
    private readonly SemaphoreSlim connecting = new(1, 1);
    private ConnectionMultiplexer? connection;

    public RedisConnection(string address)
    {
        configuration = ConfigurationOptions.Parse(address);
        configuration.AbortOnConnectFail = false;
        configuration.ConnectTimeout = (int)RedisStore.Patience.TotalMilliseconds;
        configuration.AsyncTimeout = (int)RedisStore.Patience.TotalMilliseconds;
        configuration.SyncTimeout = (int)RedisStore.Patience.TotalMilliseconds;
        // A command that would wait for a lost connection to return fails at once instead.
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        configuration.ClientName = "identity-provider";
    }

    /// <summary>The connection string, when it can be used with so many replicas.</summary>
    internal static string Check(string address, int replicas)
    {
        ConfigurationOptions parsed;
        try
        {
            parsed = ConfigurationOptions.Parse(address);
        }
        catch (ArgumentException)
        {
            // What it says can hold the password.
            throw new ProviderSettingsException(nameof(ProviderOptions.Redis), "is not a connection string of StackExchange.Redis.");
        }

        if (parsed.EndPoints.Count == 0)
            throw new ProviderSettingsException(nameof(ProviderOptions.Redis), "names no host.");
        if (replicas is < 0 or > MostReplicas)
            throw new ProviderSettingsException(nameof(ProviderOptions.RedisReplicas), $"must be between 0 and {MostReplicas}.");
        // A replica that takes over would not know the last things that were used, and let them be used again.
        if (!string.IsNullOrEmpty(parsed.ServiceName) && replicas == 0)
            throw new ProviderSettingsException(nameof(ProviderOptions.RedisReplicas), "must be at least 1 where Sentinels let a replica take over (serviceName).");
        return address;
    }

    /// <exception cref="RedisException">no Sentinel knows a primary that answers</exception>
    /// <exception cref="TimeoutException">somebody else has been trying for longer than patience</exception>
    public async ValueTask<IDatabase> Database() => (connection ?? await Connect()).GetDatabase();

    public async ValueTask DisposeAsync()
    {
        if (connection is not null)
            await connection.DisposeAsync();
        connecting.Dispose();
    }

    // Returns even when nobody listens; StackExchange.Redis then keeps trying in the background. With Sentinels it throws, and the next request tries again.
    private async Task<ConnectionMultiplexer> Connect()
    {
        if (!await connecting.WaitAsync(RedisStore.Patience))
            throw new TimeoutException("The first connection to Redis takes too long.");
        try
        {
            // It writes the primary's address over the Sentinels', so it gets a copy.
            return connection ??= await ConnectionMultiplexer.ConnectAsync(configuration.Clone());
        }
        finally
        {
            connecting.Release();
        }
    }
}
