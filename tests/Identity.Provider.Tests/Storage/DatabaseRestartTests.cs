using System.Net;
using Identity.Provider.CommandLine;
using Identity.Provider.Sessions;
using Identity.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Identity.Provider.Storage;

/// <summary>PostgreSQL stopped under a running Provider and started again: its client wraps what it takes for transient, and a restart is all of that.</summary>
public sealed class DatabaseRestartTests : IAsyncLifetime
{
    private PostgresServer server = null!;
    private RunningProvider provider = null!;
    private string connection = "";

    public async ValueTask InitializeAsync()
    {
        server = await PostgresServer.Start();
        connection = await server.NewDatabase();
        provider = await RunningProvider.With($"--Provider:Database={connection}");
    }

    public async ValueTask DisposeAsync()
    {
        // Null when it did not start; the server then still has to end.
        if (provider is not null)
            await provider.DisposeAsync();
        Npgsql.NpgsqlConnection.ClearAllPools();
        server.Dispose();
    }

    [Fact]
    public async Task A_restart_of_PostgreSQL_is_503_everywhere_and_after_it_the_service_goes_on()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var browser = new Browser(provider);
        var session = await browser.SignIn();
        await provider.Consent("tax-portal");
        var address = await agency.Pushed();
        var code = (await browser.Authorize(agency))["code"];
        var access = (string)(await agency.Redeem((await browser.Authorize(agency))["code"])).Json["access_token"]!;
        var host = provider.Services.GetRequiredService<IHostApplicationLifetime>();

        await server.Stop();
        for (var round = 0; round < 3; round++)
        {
            foreach (var path in new[] { address, "/" })
            {
                var page = await browser.Get(path);
                Assert.Equal(HttpStatusCode.ServiceUnavailable, page.Status);
                Assert.True(page.Headers.RetryAfter?.Delta > TimeSpan.Zero);
            }

            foreach (var reply in new[] { await agency.Push(agency.Request()), await agency.Redeem(code), await agency.UserInfo(access) })
                Assert.True(reply is { Status: HttpStatusCode.ServiceUnavailable, Error: "temporarily_unavailable" }, $"{reply.Status} {reply.Body}");
        }

        // The worker that ends sessions meets it: the end is audited, what it revokes is in the database.
        await Expire(session.SessionId);
        await Until(async () => (await provider.AuditRecords()).Any(record => record.Contains(session.SessionId, StringComparison.Ordinal) && record.Contains("expired", StringComparison.Ordinal)));
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        await RemovesNothingAndWaits();
        Assert.False(host.ApplicationStopping.IsCancellationRequested, "an outage of the database must not end the service");
        Assert.Equal(HttpStatusCode.OK, await Health("live"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await Health("ready"));

        await server.RunAgain();
        await Until(async () => await Health("ready") == HttpStatusCode.OK);
        await Until(async () => (await agency.UserInfo(access)).Status != HttpStatusCode.ServiceUnavailable);
        using var another = new Browser(provider);
        var next = await another.SignIn();
        Assert.Equal(HttpStatusCode.OK, (await agency.Redeem((await another.Authorize(agency))["code"])).Status);
        await Expire(next.SessionId);
        var register = provider.Services.GetRequiredService<SessionRegister>();
        await Until(async () => !(await register.SidsOf(next.PersonId)).Contains(next.SessionId));
        Assert.False(host.ApplicationStopping.IsCancellationRequested);
    }

    [Fact]
    public async Task A_command_says_in_one_line_that_the_database_cannot_be_used()
    {
        await server.Stop();
        var result = await Command.Run(
            "client", "list", "--environment=Development", $"--Provider:Issuer={provider.Issuer}", "--Provider:Redis=127.0.0.1:1", "--Provider:Keys=/nowhere",
            $"--Provider:Audit={provider.AuditFile}", $"--Provider:Database={connection}");
        Assert.Equal(ProviderCommand.Refused, result.ExitCode);
        Assert.Matches(@"\AThe database cannot be used: [^\n]+\n\z", result.Complaints);
    }

    // Hourly in the service: run here beside it.
    private async Task RemovesNothingAndWaits()
    {
        var said = new Said();
        using var worker = new ExpiredRefreshTokens(provider.Services.GetRequiredService<IServiceScopeFactory>(), TimeProvider.System, said);
        await worker.StartAsync(CancellationToken.None);
        Assert.Equal("Expired refresh tokens were not removed", await said.First.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        Assert.False(worker.ExecuteTask!.IsCompleted);
        await worker.StopAsync(CancellationToken.None);
    }

    private async Task Expire(string sid)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(provider.Redis.Endpoint);
        var key = redis.GetServers()[0].Keys(pattern: "provider:session:*").Single(key => key.ToString().Contains(sid, StringComparison.Ordinal));
        await redis.GetDatabase().KeyDeleteAsync(key);
        await provider.Services.GetRequiredService<SessionRegister>().Plan(sid, TimeProvider.System.GetUtcNow());
    }

    private async Task<HttpStatusCode> Health(string which)
    {
        using var http = new HttpClient { BaseAddress = provider.Issuer };
        using var answer = await http.GetAsync($"health/{which}");
        return answer.StatusCode;
    }

    private static async Task Until(Func<Task<bool>> holds)
    {
        for (var i = 0; i < 300; i++)
        {
            if (await holds())
                return;
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.Fail("It did not happen within 30 seconds.");
    }

    private sealed class Said : ILogger<ExpiredRefreshTokens>
    {
        public TaskCompletionSource<string> First { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            First.TrySetResult(formatter(state, exception));
    }
}
