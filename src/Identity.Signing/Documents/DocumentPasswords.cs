using System.Security.Cryptography;
using System.Text;
using Identity.Signing.Requests;
using Microsoft.AspNetCore.DataProtection;

namespace Identity.Signing.Documents;

/// <summary>
/// Passwords that open encrypted documents, for as long as something is to be signed in them: files beside the documents, encrypted with the
/// service's data protection key and bound to their request. Never in the database, a log, an address or the audit.
/// </summary>
public sealed class DocumentPasswords(SigningSettings settings, IDataProtectionProvider protection)
{
    /// <summary>ISO 32000-2 7.6.4.3.3: what is longer counts no more.</summary>
    public const int LongestBytes = 127;

    /// <summary>The name of the field, in the page's form and in an agency's.</summary>
    public const string Field = "document_password";

    private readonly IDataProtector protector = protection.CreateProtector("Identity.Signing.DocumentPasswords");

    internal static readonly string Rule = $"{Field} must have at most {LongestBytes} bytes, and no noncharacters of Unicode.";

    /// <summary>What an upload gives; empty when there is none. Null: it breaks the <see cref="Rule"/>.</summary>
    internal static string? Of(IReadOnlyDictionary<string, string> fields) => fields.GetValueOrDefault(Field, "") is var password && IsOne(password) ? password : null;

    /// <summary>ISO 32000-2 7.6.4.3.3, RFC 4013 2.3: no password has half a surrogate pair or a noncharacter in it.</summary>
    internal static bool IsOne(string password) => Encoding.UTF8.GetByteCount(password) <= LongestBytes && IsText(password);

    private static bool IsText(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out var rune, out var length) != System.Buffers.OperationStatus.Done || IsNoCharacter(rune))
                return false;
            text = text[length..];
        }

        return true;
    }

    private static bool IsNoCharacter(Rune rune) => (rune.Value & 0xFFFE) == 0xFFFE || rune.Value is >= 0xFDD0 and <= 0xFDEF;

    /// <summary>Durable when it returns. An empty one opens what opens without being asked, and is not kept.</summary>
    public void Keep(string id, string password)
    {
        if (password.Length == 0)
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(id))!);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(PathOf(id), options);
        file.Write(protector.CreateProtector(id).Protect(Encoding.UTF8.GetBytes(password)));
        file.Flush(flushToDisk: true);
    }

    /// <summary>Empty when none is kept, or none that can be read any more: the document then says that it needs one.</summary>
    public string Find(string id)
    {
        if (!File.Exists(PathOf(id)))
            return "";
        try
        {
            return Encoding.UTF8.GetString(protector.CreateProtector(id).Unprotect(File.ReadAllBytes(PathOf(id))));
        }
        catch (Exception e) when (e is CryptographicException or IOException)
        {
            return "";
        }
    }

    /// <summary>Nothing is left to be signed with it.</summary>
    public void Forget(string id)
    {
        if (File.Exists(PathOf(id)))
            File.Delete(PathOf(id));
    }

    /// <summary>Identifiers under which one is kept.</summary>
    public IEnumerable<string> Kept() => Directory.EnumerateFiles(settings.DocumentsDirectory, "*.password", SearchOption.AllDirectories).Select(file => Path.GetFileNameWithoutExtension(file));

    /// <summary>The same of one that is older: a request is in the database only after its password is on disk.</summary>
    public void ForgetBefore(string id, DateTimeOffset before)
    {
        if (RequestId.IsOne(id) && File.GetLastWriteTimeUtc(PathOf(id)) < before.UtcDateTime)
            Forget(id);
    }

    // Beside the documents of the request, and removed with them.
    private string PathOf(string id) => RequestId.IsOne(id)
        ? Path.Combine(settings.DocumentsDirectory, id[..2], id + ".password") : throw new ArgumentException("Not an identifier.", nameof(id));
}
