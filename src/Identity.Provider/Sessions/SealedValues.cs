using System.Security.Cryptography;
using System.Text.Json;
using Identity.Provider.Storage;
using Microsoft.AspNetCore.DataProtection;

namespace Identity.Provider.Sessions;

/// <summary>
/// Values in Redis that only the Provider can read or make: each is encrypted and authenticated by Data Protection together with its key, so
/// that who can write to Redis can neither invent a value nor move one to another key. Reading what somebody else wrote gives null.
/// Redis gone: <c>StoreUnavailableException</c>.
/// </summary>
public sealed class SealedValues(RedisStore redis, IDataProtectionProvider protection)
{
    private readonly IDataProtector protector = protection.CreateProtector("Identity.Provider.Sessions.SealedValues");

    /// <summary>False: the key is taken, and what it holds stays.</summary>
    public Task<bool> PutOnce<T>(string key, T value, TimeSpan lifetime) where T : class => redis.PutOnce(key, Seal(key, value), lifetime);

    /// <summary>Stores or overwrites.</summary>
    public Task Put<T>(string key, T value, TimeSpan lifetime) where T : class => redis.Put(key, Seal(key, value), lifetime);

    /// <summary>False: the key was gone, and stays gone.</summary>
    public Task<bool> Replace<T>(string key, T value, TimeSpan lifetime) where T : class => redis.Replace(key, Seal(key, value), lifetime);

    public async Task<T?> Get<T>(string key) where T : class => Open<T>(key, await redis.Get(key));

    /// <summary>GETEX: reads and gives a new lifetime in one step.</summary>
    public async Task<T?> GetAndExtend<T>(string key, TimeSpan lifetime) where T : class =>
        Open<T>(key, await redis.Run<byte[]?>(async database => await database.StringGetSetExpiryAsync(redis.Key(key), lifetime)));

    /// <summary>GETDEL: of any number of callers at one time, one gets the value.</summary>
    public async Task<T?> Take<T>(string key) where T : class => Open<T>(key, await redis.Take(key));

    public Task<bool> Remove(string key) => redis.Remove(key);

    /// <summary>For a field of a hash: <paramref name="key"/> names key and field.</summary>
    internal byte[] Seal<T>(string key, T value) => protector.Protect(JsonSerializer.SerializeToUtf8Bytes(new Envelope<T>(key, value)));

    internal T? Open<T>(string key, byte[]? bytes) where T : class
    {
        if (bytes is null)
            return null;
        try
        {
            var envelope = JsonSerializer.Deserialize<Envelope<T>>(protector.Unprotect(bytes));
            return envelope?.Key == key ? envelope.Value : null;
        }
        catch (CryptographicException)
        {
            // Not ours, altered, or sealed by a key that is gone: as good as absent.
            return null;
        }
    }

    private sealed record Envelope<T>(string Key, T Value);
}
