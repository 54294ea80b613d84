namespace Identity.Verification.CommandLine;

/// <summary>What the arguments of `verify` name, folder by folder: PDF files to validate, and what cannot even be listed.</summary>
public sealed class VerifyFiles
{
    /// <summary>Stands for the standard input.</summary>
    public const string StandardInput = "-";

    private readonly List<(string Path, string? Problem)> found = [];

    private readonly string extension;

    private VerifyFiles(string extension) => this.extension = extension;

    /// <summary>In the order of the arguments; inside a folder by name. A problem stands for a file or folder that cannot be read.</summary>
    public IReadOnlyList<(string Path, string? Problem)> Found => found;

    /// <summary>Files in folders that are called otherwise.</summary>
    public int LeftAside { get; private set; }

    /// <param name="extension">Of the files that count inside folders, with its dot.</param>
    public static VerifyFiles Named(IEnumerable<string> arguments, string extension)
    {
        var files = new VerifyFiles(extension);
        foreach (var argument in arguments)
        {
            if (argument != StandardInput && Directory.Exists(argument))
                files.AddFolder(argument);
            else
                files.found.Add((argument, null));
        }
        return files;
    }

    private void AddFolder(string root)
    {
        var before = found.Count;
        var waiting = new Stack<string>([root]);
        while (waiting.TryPop(out var folder))
        {
            try
            {
                Add(folder, waiting);
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                found.Add((folder, "the folder cannot be read"));
            }
        }
        if (found.Count == before)
            found.Add((root, $"the folder holds no *{extension} file"));
    }

    private void Add(string folder, Stack<string> waiting)
    {
        var entries = new DirectoryInfo(folder).GetFileSystemInfos().OrderBy(entry => entry.Name, StringComparer.Ordinal).ToList();
        // A link can lead out of the folder and back into it: what is meant must be named.
        foreach (var entry in entries.Where(entry => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint)))
        {
            var path = Path.Combine(folder, entry.Name);
            if (entry is DirectoryInfo)
                continue;
            if (entry.Extension.Equals(extension, StringComparison.OrdinalIgnoreCase))
                found.Add((path, null));
            else
                LeftAside++;
        }
        foreach (var entry in entries.OfType<DirectoryInfo>().Where(entry => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint)).Reverse())
            waiting.Push(Path.Combine(folder, entry.Name));
    }
}
