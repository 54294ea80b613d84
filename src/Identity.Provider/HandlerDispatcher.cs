using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using OpenIddict.Server;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider;

/// <summary>
/// Runs the protocol engine's handlers, its own and ours, in their order, as the engine's own dispatcher does: that one looks through all handlers of all events
/// each time and asks the container for every filter. There are more than three hundred of them and some sixty events in a login: a third of its cost. Here the
/// handlers of an event are found once.
/// </summary>
internal sealed class HandlerDispatcher(HandlerPlans plans, IServiceProvider services) : IOpenIddictServerDispatcher
{
    public async ValueTask DispatchAsync<TContext>(TContext context)
        where TContext : BaseContext
    {
        foreach (var step in plans.For<TContext>())
        {
            if (!await step.IsActive(context))
                continue;
            await step.Handler(services).HandleAsync(context);
            // A handler may end the event: answered, left to somebody else, refused.
            if (context is BaseRequestContext { IsRequestHandled: true } or BaseRequestContext { IsRequestSkipped: true } or BaseValidatingContext { IsRejected: true })
                return;
        }
    }
}

/// <summary>Which handlers an event runs through. They are set when the service is built, and do not change after.</summary>
internal sealed class HandlerPlans(IOptionsMonitor<OpenIddictServerOptions> options, IServiceProvider root)
{
    private readonly ConcurrentDictionary<Type, object> plans = [];

    public PlannedHandler<TContext>[] For<TContext>()
        where TContext : BaseContext =>
        (PlannedHandler<TContext>[])plans.GetOrAdd(typeof(TContext), static (_, all) => all.Plan<TContext>(), this);

    // The engine has put the descriptors in order when its options were made: these, which it runs on itself.
    private PlannedHandler<TContext>[] Plan<TContext>()
        where TContext : BaseContext =>
        [.. options.CurrentValue.Handlers.Where(descriptor => descriptor.ContextType == typeof(TContext)).Select(descriptor => new PlannedHandler<TContext>(descriptor, root))];
}

/// <summary>One handler of an event with the filters that say whether it takes part.</summary>
internal sealed class PlannedHandler<TContext>
    where TContext : BaseContext
{
    private readonly IOpenIddictServerHandlerFilter<TContext>[] filters;
    private readonly IOpenIddictServerHandler<TContext>? instance;
    private readonly Type type;

    public PlannedHandler(OpenIddictServerHandlerDescriptor descriptor, IServiceProvider root)
    {
        type = descriptor.ServiceDescriptor.ServiceType;
        // Filters are singletons, as every filter of the engine is.
        filters = [.. descriptor.FilterTypes.Select(filter => root.GetService(filter) as IOpenIddictServerHandlerFilter<TContext>
            ?? throw new InvalidOperationException($"The filter {filter} of the handler {type} cannot be had."))];
        instance = descriptor.ServiceDescriptor.ImplementationInstance as IOpenIddictServerHandler<TContext>
            ?? (descriptor.ServiceDescriptor.Lifetime == ServiceLifetime.Singleton ? Get(root) : null);
    }

    public ValueTask<bool> IsActive(TContext context) => filters.Length == 0 ? new(true) : AllAreActive(context);

    public IOpenIddictServerHandler<TContext> Handler(IServiceProvider services) => instance ?? Get(services);

    private async ValueTask<bool> AllAreActive(TContext context)
    {
        foreach (var filter in filters)
        {
            if (!await filter.IsActiveAsync(context))
                return false;
        }

        return true;
    }

    private IOpenIddictServerHandler<TContext> Get(IServiceProvider services) => services.GetService(type) as IOpenIddictServerHandler<TContext>
        ?? throw new InvalidOperationException($"The handler {type} cannot be had.");
}
