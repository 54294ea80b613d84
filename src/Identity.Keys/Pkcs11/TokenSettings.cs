using System.Text;

namespace Identity.Keys.Pkcs11;

/// <summary>
/// A hardware token as its operator describes it in <c>NAME.token.json</c>, checked. The PIN is not in it: it names the file that holds it,
/// which only the process of the token reads.
/// </summary>
internal sealed record TokenSettings
{
    public const string Extension = ".token.json";
    public const int MostSessions = 64;
    private const int LongestLabel = 32;
    private const string CredentialPrefix = "credential:";

    private TokenSettings()
    {
    }

    public required string Name { get; init; }

    public required string File { get; init; }

    /// <summary>The PKCS#11 library: an absolute path.</summary>
    public required string Module { get; init; }

    /// <summary>CK_TOKEN_INFO.label: exactly one token that is present must have it.</summary>
    public required string Label { get; init; }

    public required string PinFile { get; init; }

    /// <summary>How many signatures the token makes at once.</summary>
    public required int Sessions { get; init; }

    /// <summary>A call that takes longer ends the token's process.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>What the module itself reads from its environment; the process gets nothing else of the service's.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <exception cref="KeyRingException">missing, or a field that breaks its rule; the message names it</exception>
    public static TokenSettings Read(string directory, string name) => Read(Path.Combine(directory, name + Extension));

    public static TokenSettings Read(string path)
    {
        var name = Path.GetFileName(path)[..^Extension.Length];
        var what = $"Token '{name}'";
        var file = KeyFolderFile.Read<Written>(what, path);
        return new TokenSettings
        {
            Name = name,
            File = Path.GetFullPath(path),
            Module = file.Module is { } module && Path.IsPathFullyQualified(module) ? module : throw Refuse("module", "must be the absolute path of a PKCS#11 library."),
            Label = file.Label is { Length: > 0 } label && Encoding.UTF8.GetByteCount(label) <= LongestLabel && label.Trim() == label
                ? label
                : throw Refuse("label", $"must be the token's label, 1 to {LongestLabel} bytes without spaces around it."),
            PinFile = PathOfPin(file.PinFile) ?? throw Refuse("pinFile", "must be the absolute path of a file, or 'credential:NAME' when the service manager hands credentials over."),
            Sessions = file.Sessions is >= 1 and <= MostSessions ? file.Sessions : throw Refuse("sessions", $"must be from 1 to {MostSessions}."),
            Timeout = file.TimeoutSeconds is >= 1 and <= 120 ? TimeSpan.FromSeconds(file.TimeoutSeconds) : throw Refuse("timeoutSeconds", "must be from 1 to 120."),
            Environment = file.Environment.All(variable => IsForTheModule(variable.Key, variable.Value))
                ? file.Environment
                : throw Refuse("environment", "may hold what the module reads: names of A-Z, a-z, 0-9 and '_' which are not the loader's or the runtime's, and no PIN."),
        };

        KeyRingException Refuse(string field, string rule) => new($"{what}: {field} in '{path}' {rule}");
    }

    // systemd.exec(5), LoadCredential=: a file of that name in the folder that the variable names.
    private static string? PathOfPin(string? written)
    {
        if (written is null || !written.StartsWith(CredentialPrefix, StringComparison.Ordinal))
            return written is not null && Path.IsPathFullyQualified(written) ? written : null;
        var name = written[CredentialPrefix.Length..];
        var folder = System.Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY");
        return folder is not null && Path.IsPathFullyQualified(folder) && name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? Path.Combine(folder, name) : null;
    }

    private static bool IsForTheModule(string name, string value) =>
        name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') && value.Length <= 1024
        && !name.Contains("PIN", StringComparison.OrdinalIgnoreCase)
        && !Array.Exists(["LD_", "DOTNET_", "COMPlus_", "CORECLR_", "ASPNETCORE_"], prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    /// <summary>The file's members.</summary>
    internal sealed record Written
    {
        public string? Module { get; init; }

        public string? Label { get; init; }

        public string? PinFile { get; init; }

        public int Sessions { get; init; } = 4;

        public int TimeoutSeconds { get; init; } = 10;

        public Dictionary<string, string> Environment { get; init; } = [];
    }
}
