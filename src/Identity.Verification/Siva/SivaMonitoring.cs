using System.Diagnostics;
using System.Reflection;
using Identity.Verification.Reports;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Identity.Verification.Siva;

/// <summary>SiVa 3, "service health monitoring": what its monitoring asks for. Whether the service is up is what /health/ready says.</summary>
public static class SivaMonitoring
{
    private const string Name = "Identity.Verification";

    public static async Task Health(HttpContext context, HealthCheckService checks, TimeProvider clock)
    {
        var started = new DateTimeOffset(Process.GetCurrentProcess().StartTime.ToUniversalTime(), TimeSpan.Zero);
        var details = new SivaHealthDetails(Name, Version(), BuildReport.Utc(started), BuildReport.Utc(clock.GetUtcNow()));
        await context.Response.WriteAsJsonAsync(new SivaHealth(await Status(context, checks), new SivaHealthComponents(new SivaHealthOfService("UP", details))), SivaJson.Default.SivaHealth,
            cancellationToken: context.RequestAborted);
    }

    public static async Task Heartbeat(HttpContext context, HealthCheckService checks) =>
        await context.Response.WriteAsJsonAsync(new SivaHeartbeat(await Status(context, checks)), SivaJson.Default.SivaHeartbeat, cancellationToken: context.RequestAborted);

    public static Task OfProgram(HttpContext context) =>
        context.Response.WriteAsJsonAsync(new SivaVersion(Version()), SivaJson.Default.SivaVersion, cancellationToken: context.RequestAborted);

    private static async Task<string> Status(HttpContext context, HealthCheckService checks)
    {
        var isUp = (await checks.CheckHealthAsync(context.RequestAborted)).Status != HealthStatus.Unhealthy;
        context.Response.StatusCode = isUp ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return isUp ? "UP" : "DOWN";
    }

    // Without the revision of the source behind the plus sign.
    private static string Version() => typeof(SivaMonitoring).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}

/// <param name="Status">UP or DOWN.</param>
public sealed record SivaHealth(string Status, SivaHealthComponents Components);

public sealed record SivaHealthComponents(SivaHealthOfService Health);

public sealed record SivaHealthOfService(string Status, SivaHealthDetails Details);

/// <summary>SiVa has the time of the build too, which a build that can be repeated byte for byte has not.</summary>
public sealed record SivaHealthDetails(string WebappName, string Version, string StartTime, string CurrentTime);

public sealed record SivaHeartbeat(string Status);

public sealed record SivaVersion(string Version);
