using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Identity.Web.CommandLine;

/// <summary>Settings for a command that starts no service: from where the service has them, the later before the earlier.</summary>
public static class CommandSettings
{
    /// <param name="file">Of the service, beside its program: <c>signing.json</c>.</param>
    /// <param name="settings"><c>--Signing:Name=value</c>, <c>--environment=NAME</c>.</param>
    public static IConfiguration Read(string file, IEnumerable<string> settings) => new ConfigurationBuilder()
        .SetBasePath(AppContext.BaseDirectory).AddJsonFile(file, optional: false)
        .AddEnvironmentVariables().AddEnvironmentVariables("DOTNET_").AddEnvironmentVariables("ASPNETCORE_")
        .AddCommandLine([.. settings]).Build();

    /// <summary>As the service decides it: whatever is not Development is production.</summary>
    public static bool IsProduction(IConfiguration configuration) =>
        !string.Equals(configuration["environment"], Environments.Development, StringComparison.OrdinalIgnoreCase);
}
