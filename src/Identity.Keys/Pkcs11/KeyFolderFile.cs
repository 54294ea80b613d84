using System.Text.Json;
using System.Text.Json.Serialization;

namespace Identity.Keys.Pkcs11;

/// <summary>A small JSON file of a key folder, read strictly: unknown and repeated members are refused.</summary>
internal static class KeyFolderFile
{
    public const int MaximumBytes = 16 * 1024;

    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false,
        NumberHandling = JsonNumberHandling.Strict,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        WriteIndented = true,
    };

    /// <param name="what">begins the refusal, such as <c>Key 'tsa'</c></param>
    /// <param name="path">the file</param>
    /// <exception cref="KeyRingException">missing, too large, or not such an object</exception>
    public static T Read<T>(string what, string path) where T : class
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (file.Length > MaximumBytes)
                throw new KeyRingException($"{what}: '{path}' is larger than {MaximumBytes} bytes.");
            return JsonSerializer.Deserialize<T>(file, Strict) ?? throw new KeyRingException($"{what}: '{path}' holds null.");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new KeyRingException($"{what} cannot be read from '{path}': {problem.Message}", problem);
        }
        catch (JsonException problem)
        {
            throw new KeyRingException($"{what}: '{path}' is not as it must be at {problem.Path ?? "its beginning"}: {problem.Message}", problem);
        }
    }

    /// <summary>Written beside its final name, brought to the disk, then renamed: a crash leaves no half file. Never replaces one.</summary>
    public static void WriteNew<T>(string path, T content)
    {
        var partial = path + ".partial";
        using (var stream = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            JsonSerializer.Serialize(stream, content, Strict);
            stream.Write("\n"u8);
            stream.Flush(flushToDisk: true);
        }

        File.Move(partial, path, overwrite: false);
    }
}
