using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace Identity.Provider.Sessions;

/// <summary>
/// Login sessions in Redis. The browser's cookie holds a random 256-bit key, Redis the ticket under that key's SHA-256: deleting it there
/// ends the session on every node at the next request. Durable as far as Redis is: a session that Redis lost is a person who signs in again.
/// </summary>
public sealed class SessionStore(SealedValues values, SessionLimits limits) : ITicketStore
{
    private const int KeyBytes = 32;

    public async Task<string> StoreAsync(AuthenticationTicket ticket)
    {
        var key = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(KeyBytes));
        if (!await values.PutOnce(RedisKey(key), Record(ticket), limits.Idle))
            throw new InvalidOperationException("Two random 256-bit session keys were equal.");
        return key;
    }

    public Task RenewAsync(string key, AuthenticationTicket ticket) => values.Replace(RedisKey(key), Record(ticket), limits.Idle);

    public async Task<AuthenticationTicket?> RetrieveAsync(string key)
    {
        // The absolute limit is in the ticket, and the cookie handler holds to it; Redis holds the idle limit.
        var record = await values.GetAndExtend<SessionRecord>(RedisKey(key), limits.Idle);
        return record is null ? null : TicketSerializer.Default.Deserialize(record.Ticket);
    }

    public async Task<AuthenticationTicket?> RetrieveAsync(string key, HttpContext httpContext, CancellationToken cancellationToken)
    {
        httpContext.Items[typeof(SessionStore)] = key;
        return await RetrieveAsync(key);
    }

    public Task RemoveAsync(string key) => values.Remove(RedisKey(key));

    /// <summary>Ends the session that this request came with, if any, on every node.</summary>
    public Task End(HttpContext context) => context.Items[typeof(SessionStore)] is string key ? RemoveAsync(key) : Task.CompletedTask;

    private static string RedisKey(string key) => "session:" + Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(key)));

    private static SessionRecord Record(AuthenticationTicket ticket) => new(TicketSerializer.Default.Serialize(ticket));

    private sealed record SessionRecord(byte[] Ticket);
}
