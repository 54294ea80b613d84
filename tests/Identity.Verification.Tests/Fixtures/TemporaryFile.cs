namespace Identity.Verification.Tests.Fixtures;

/// <summary>A file for a program that wants one, gone afterwards.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("identity-file-").FullName;

    public TemporaryFile(byte[] content)
    {
        Path = System.IO.Path.Combine(folder, "file.pdf");
        File.WriteAllBytes(Path, content);
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
