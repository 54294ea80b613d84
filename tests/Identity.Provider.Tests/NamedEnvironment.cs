using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;

namespace Identity.Provider;

/// <summary>An environment as far as its name goes.</summary>
internal sealed class NamedEnvironment(string name) : IHostEnvironment
{
    public string EnvironmentName { get; set; } = name;

    public string ApplicationName { get; set; } = "";

    public string ContentRootPath { get; set; } = "";

    public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
}
