using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Identity.Web.Tests;

/// <summary>A service with one of each kind of answer, on a real server on a free loopback port.</summary>
public sealed class SampleService : IAsyncDisposable
{
    readonly WebApplication app;

    SampleService(WebApplication app, Uri address, RecordedLog log)
    {
        this.app = app;
        Address = address;
        Log = log;
        Client = NewClient();
    }

    public Uri Address { get; }

    public RecordedLog Log { get; }

    public HttpClient Client { get; }

    public static async Task<SampleService> Start(string publicAddress = "http://localhost:5999/", string environment = "Production", params string[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = ["--urls=http://127.0.0.1:0", .. settings],
            ApplicationName = "Identity.Web.Tests",
            EnvironmentName = environment,
            ContentRootPath = AppContext.BaseDirectory,
        });
        var log = new RecordedLog();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.AddIdentityWeb("sample", new Uri(publicAddress));
        builder.Services.AddHealthChecks().AddCheck("store", () => Ready ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("redis at 10.0.0.7"));
        var app = builder.Build();
        app.UseIdentityWeb();
        app.MapHealth();
        app.MapRazorPages();
        app.MapGet("/text", () => "text");
        app.MapGet("/form/{scheme}", (HttpContext context, string scheme) =>
        {
            context.ContentSecurity().AllowFormAction(new Uri(scheme + "://agency.example:8443/path?query")).Allow("worker-src", "'self'");
            return "form";
        });
        app.MapGet("/store", string () => throw new StoreUnavailableException("redis sessions", new TimeoutException("10.0.0.7:6379 did not answer")));
        app.MapGet("/wrapped", string () => throw new InvalidOperationException("outer", new AggregateException(new StoreUnavailableException("redis sessions"))));
        app.MapGet("/broken", string () => throw new InvalidOperationException("secret connection string"));
        app.MapGet("/status/{status:int}", (int status) => Results.StatusCode(status));
        app.MapGet("/cached", (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "public, max-age=60";
            return "cached";
        });
        app.MapGet("/host", (HttpContext context) => $"{context.Request.Scheme}://{context.Request.Host}");
        app.MapGet("/address", (HttpContext context) => context.Connection.RemoteIpAddress!.ToString());
        app.MapGet("/locales", (HttpContext context, string wanted) =>
        {
            Languages.Choose(context, wanted);
            return Languages.Current.Tag;
        });
        app.MapGet("/language", () => Languages.Current.Tag);
        app.MapPost("/body", async (HttpContext context) =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            return "read";
        });
        app.MapGet("/pdf/{name}", (string name) => Documents.TryGetValue(name, out var bytes) ? Results.Bytes(bytes, "application/pdf") : Results.NotFound());
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new SampleService(app, new Uri(address), log);
    }

    public static bool Ready { get; set; } = true;

    public static ConcurrentDictionary<string, byte[]> Documents { get; } = new();

    /// <summary>Follows no redirects, keeps no cookies, decodes nothing: sees what the wire has.</summary>
    public HttpClient NewClient() => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, AutomaticDecompression = DecompressionMethods.None }) { BaseAddress = Address };

    public async Task<HttpResponseMessage> Get(string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public Task<HttpResponseMessage> Navigate(string path, params (string Name, string Value)[] headers) =>
        Get(path, [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"), .. headers]);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
    }
}

/// <summary>Keeps what was logged, with exceptions, for tests of what operators see.</summary>
public sealed class RecordedLog : ILoggerProvider, ILogger
{
    readonly ConcurrentQueue<string> entries = new();

    public IReadOnlyCollection<string> Entries => entries;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
            entries.Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");
    }

    public void Dispose()
    {
    }
}
