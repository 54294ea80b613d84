namespace Identity.Journeys.Running;

/// <summary>A system that only one class of journeys uses: nobody has consented to anything in it before, and it may be restarted.</summary>
public sealed class FreshSystem : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private DevHostProcess? _host;

    public DevHostProcess Host => _host!;

    /// <summary>Ends everything and starts it again on the same data and ports.</summary>
    public async Task Restart()
    {
        var portBase = Host.PortBase;
        Assert.Equal(0, (await Host.End()).ExitCode);
        await Host.DisposeAsync();
        _host = await DevHostProcess.Start(_folder.Path, portBase);
    }

    public async ValueTask InitializeAsync() => _host = await DevHostProcess.Start(_folder.Path);

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
            await _host.DisposeAsync();
        _folder.Dispose();
    }
}
