using System.Diagnostics;

namespace Identity.Benchmarks;

/// <summary>Everything that README says of documents, keys and the Authority, one benchmark after another, each in a process of its own, as nothing of one is to be left for the next.</summary>
internal static class EveryRow
{
    private static readonly string[] Parts = ["keys", "authority", "sign", "verify", "hostile"];

    /// <param name="options">Given to each.</param>
    public static async Task Run(string[] options)
    {
        foreach (var part in Parts)
        {
            Console.WriteLine($"-- {part} {string.Join(' ', options)}");
            using var process = Process.Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "Identity.Benchmarks.dll"), part, .. options]);
            await process.WaitForExitAsync();
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"{part} ended with {process.ExitCode}.");
        }
    }
}
