using System.Data.Common;
using Identity.Audit;
using Identity.Keys;
using Identity.Web;
using Microsoft.EntityFrameworkCore;

namespace Identity.Authority.Storage;

/// <summary>What the Authority cannot do without: database, audit log, the keys' token.</summary>
internal static class AuthorityStores
{
    /// <summary>The outage that an exception means, or null.</summary>
    public static StoreUnavailableException? Outage(Exception problem) => StoreOutages.Find(problem, StoreOf);

    /// <summary>For an operator: what a store's client said, without what others put around it.</summary>
    public static string Complaint(Exception problem) => Outage(problem) is { } outage ? $"The {outage.Store} cannot be used: {problem.GetBaseException().Message}" : problem.Message;

    public static string? StoreOf(Exception one) => one switch
    {
        DbException or DbUpdateException => "database",
        AuditUnavailableException => "audit log",
        KeyUnavailableException => "keys",
        _ => null,
    };
}
