using Microsoft.AspNetCore.Builder;

namespace Identity.Web;

/// <summary>What every service does when one of its stores cannot be asked, in requests, workers and commands alike.</summary>
public static class StoreOutages
{
    private const int Deepest = 16;

    /// <summary>
    /// The outage behind an exception, or null when it is something else. Looks through what authentication handlers, tasks and database clients put around
    /// one: PostgreSQL's wraps every fault that it takes for transient, which is each of a restart.
    /// </summary>
    /// <param name="problem">What was thrown.</param>
    /// <param name="storeOf">Which of the service's stores one exception (itself, not those in it) means, or null.</param>
    public static StoreUnavailableException? Find(Exception? problem, Func<Exception, string?> storeOf)
    {
        ArgumentNullException.ThrowIfNull(storeOf);
        var inner = problem;
        for (var depth = 0; inner is not null && depth < Deepest; depth++, inner = inner.InnerException)
        {
            if (inner is StoreUnavailableException named)
                return named;
            if (storeOf(inner) is { } store)
                return new StoreUnavailableException(store, problem);
        }

        return null;
    }

    /// <summary>Answers 503 for an outage further in: whatever is behind it is neither absent nor allowed.</summary>
    /// <param name="app">The service; before everything that reads a store.</param>
    /// <param name="storeOf">As for <see cref="Find"/>.</param>
    public static void UseStoreOutages(this WebApplication app, Func<Exception, string?> storeOf) => app.Use(async (context, next) =>
    {
        try
        {
            await next(context);
        }
        catch (Exception problem) when (!context.Response.HasStarted && Find(problem, storeOf) is { } outage)
        {
            // The whole is the log's: what was found may stand deep in it.
            throw new StoreUnavailableException(outage.Store, problem);
        }
    });
}
