using Identity.Audit;
using Identity.Provider.Storage;

namespace Identity.Provider.CommandLine;

/// <summary>
/// What a command works with: the same settings and the same records as the service, which may be running meanwhile. Nothing is opened
/// before it is asked for, so a command that needs no Redis and no key works without them.
/// </summary>
internal sealed class CommandHost : IAsyncDisposable
{
    private readonly ServiceProvider services;
    private readonly AsyncServiceScope scope;

    private CommandHost(ServiceProvider services)
    {
        this.services = services;
        scope = services.CreateAsyncScope();
    }

    public ProviderSettings Settings => Get<ProviderSettings>();

    public AuditLog Audit => Get<AuditLog>();

    /// <param name="settings">After the command's own words; the same as the service's.</param>
    /// <param name="further">What this command needs beyond settings, records and audit log.</param>
    /// <exception cref="ProviderSettingsException">as the service would</exception>
    public static async Task<CommandHost> Open(IReadOnlyList<string> settings, Action<IServiceCollection, ProviderSettings>? further, CancellationToken cancellation)
    {
        var builder = ProviderApp.Configured([.. settings]);
        var options = builder.Configuration.GetSection("Provider").Get<ProviderOptions>() ?? new();
        // A command seeds nothing, and needs no demo agency's key.
        options.SeedDemo.Enabled = false;
        var check = ProviderSettings.Check(options, builder.Environment);

        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(check);
        services.AddSingleton(TimeProvider.System);
        // A log has one writer, and that of the service is the service.
        services.AddSingleton(provider => AuditLog.Open(check.CommandAudit, "provider", provider.GetRequiredService<TimeProvider>()));
        ProviderApp.AddRecords(services, check);
        further?.Invoke(services, check);
        var host = new CommandHost(services.BuildServiceProvider());
        try
        {
            await ProviderStart.BringToShape(host.Get<ProviderDatabase>(), cancellation);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    public T Get<T>()
        where T : notnull => scope.ServiceProvider.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        await scope.DisposeAsync();
        await services.DisposeAsync();
    }
}
