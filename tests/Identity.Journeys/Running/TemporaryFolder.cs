namespace Identity.Journeys.Running;

public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("identity-journeys-").FullName;

    public void Dispose()
    {
        // Kept for a look when asked: logs, databases and audit of a failed journey.
        if (Environment.GetEnvironmentVariable("IDENTITY_KEEP_DATA") is null)
            Directory.Delete(Path, recursive: true);
    }
}
