using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Identity.Provider.Logout;

/// <summary>What an agency's back-channel logout endpoint was sent.</summary>
public sealed record ReceivedLogout(string Token, string Method, string ContentType, IReadOnlyList<string> Fields)
{
    public string Sid => (string)Jwt.Payload(Token)["sid"]!;
}

/// <summary>An agency's back-channel logout endpoint on a loopback port, which answers as a test wants.</summary>
public sealed class LogoutReceiver : IAsyncDisposable
{
    private readonly WebApplication app;

    private LogoutReceiver(WebApplication app) => this.app = app;

    public ConcurrentQueue<ReceivedLogout> Received { get; } = [];

    /// <summary>How it answers, from the next request on.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = static _ => Task.CompletedTask;

    public Uri Address => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/backchannel");

    public static async Task<LogoutReceiver> Start(int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var app = builder.Build();
        var receiver = new LogoutReceiver(app);
        app.Run(receiver.Take);
        await app.StartAsync();
        return receiver;
    }

    /// <summary>Everything received for a session, once there are so many; fails when there are not in 20 seconds.</summary>
    public async Task<ReceivedLogout[]> Of(string sid, int count = 1)
    {
        for (var attempt = 0; attempt < 400; attempt++)
        {
            if (Received.Where(logout => logout.Sid == sid).ToArray() is var found && found.Length >= count)
                return found;
            await Task.Delay(50);
        }

        throw new TimeoutException($"{Received.Count(logout => logout.Sid == sid)} of {count} logout tokens came.");
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task Take(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync();
        Received.Enqueue(new ReceivedLogout(form["logout_token"].ToString(), context.Request.Method, context.Request.ContentType ?? "", [.. form.Keys]));
        await Answer(context);
    }
}
