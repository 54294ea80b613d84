namespace Identity.Keys.Tests;

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("identity-keys-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
