using System.Data.Common;
using Identity.Audit;
using Identity.Keys;
using Identity.Web;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.Storage;

/// <summary>What the Provider cannot do without: database, audit log, the keys' token. Redis says itself that it is gone (<see cref="RedisStore"/>).</summary>
internal static class ProviderStores
{
    /// <summary>The outage that an exception means, or null.</summary>
    public static StoreUnavailableException? Outage(Exception problem) => StoreOutages.Find(problem, StoreOf);

    public static string? StoreOf(Exception one) => one switch
    {
        DbException or DbUpdateException => "database",
        AuditUnavailableException => "audit log",
        KeyUnavailableException => "keys",
        _ => null,
    };
}
