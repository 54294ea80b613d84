using System.Text.Json;

namespace Identity.Web.CommandLine;

/// <summary>
/// What the development host gave its services as settings, in one file of its data folder: so commands with <c>--data</c> work on the same records,
/// keys and addresses. There is nothing secret in it.
/// </summary>
public static class DevelopmentSettings
{
    private const string FileName = "settings.json";
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true };

    public static void Write(string data, IEnumerable<(string Name, string Value)> settings) =>
        File.WriteAllText(Path.Combine(data, FileName), JsonSerializer.Serialize(settings.ToDictionary(setting => setting.Name, setting => setting.Value), Readable));

    /// <summary>What to say when there are none.</summary>
    public static string NotIn(string data) => $"{data} holds no data of a development host; start that once, or name its folder (--data).";

    /// <summary>As a service's command line takes them, the environment among them; null when no development host keeps its data there.</summary>
    /// <exception cref="IOException">it is there and not what the development host writes</exception>
    public static IReadOnlyList<string>? Read(string data)
    {
        var file = Path.Combine(data, FileName);
        if (!File.Exists(file))
            return null;
        try
        {
            var settings = JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(file)) ?? [];
            return ["--environment=Development", .. settings.Select(setting => $"--{setting.Key}={setting.Value}")];
        }
        catch (JsonException problem)
        {
            throw new IOException($"{file} is not as the development host writes it; start that again.", problem);
        }
    }
}
