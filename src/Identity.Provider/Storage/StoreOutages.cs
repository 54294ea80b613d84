using System.Data.Common;
using Identity.Audit;
using Identity.Keys;
using Identity.Web;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.Storage;

internal static class StoreOutages
{
    /// <summary>Database, audit log or the keys' token out of reach: 503, and nothing was promised. Redis says so itself (<see cref="RedisStore"/>).</summary>
    public static void UseStoreOutages(this WebApplication app) => app.Use(async (context, next) =>
    {
        try
        {
            await next(context);
        }
        catch (Exception problem) when (StoreOf(problem) is { } store && !context.Response.HasStarted)
        {
            throw new StoreUnavailableException(store, problem);
        }
    });

    // Authentication handlers and the passkey handler wrap what they meet.
    private static string? StoreOf(Exception? problem)
    {
        const int Deepest = 16;
        for (var depth = 0; problem is not null && depth < Deepest; depth++, problem = problem.InnerException)
        {
            switch (problem)
            {
                case DbException or DbUpdateException:
                    return "database";
                case AuditUnavailableException:
                    return "audit log";
                case KeyUnavailableException:
                    return "keys";
            }
        }

        return null;
    }
}
