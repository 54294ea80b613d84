using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Identity.Audit;

/// <summary>Whether a record stands alone, opens an operation, or closes the one that it names.</summary>
public enum AuditPhase
{
    Event,
    Begin,
    End,
}

/// <summary>
/// The form of a line: one JSON object, members in fixed order, ending in <c>,"this":"HASH"}</c>. HASH is the SHA-256 (lower-case
/// hexadecimal) of the line's bytes before that member, which hold the previous line's hash as <c>prev</c> and the number of the line.
/// </summary>
internal static partial class AuditChain
{
    public const int MaximumLineBytes = 16 * 1024;
    public const int HashLength = 64;
    public static readonly string NoPrevious = new('0', HashLength);
    private const string HashMember = ",\"this\":\"";
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    private static readonly JsonSerializerOptions MemberForm = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.Default,
    };

    /// <summary>The line without its end-of-line byte, and its hash.</summary>
    /// <exception cref="ArgumentException">larger than a line may be, or a member that looks like a national identifier</exception>
    public static (byte[] Line, string Hash) Compose(
        long number, DateTimeOffset time, string service, AuditPhase phase, AuditEvent happened, long? operation, AuditOutcome? outcome, string? reason, string previous)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("seq", number);
            json.WriteString("time", time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture));
            json.WriteString("service", service);
            json.WriteString("event", happened.Name);
            json.WriteString("phase", JsonNamingPolicy.SnakeCaseLower.ConvertName(phase.ToString()));
            if (operation is { } begun)
                json.WriteNumber("begun", begun);
            if (outcome is { } ended)
                json.WriteString("outcome", JsonNamingPolicy.SnakeCaseLower.ConvertName(ended.ToString()));
            if (reason is not null)
                json.WriteString("reason", reason);
            json.WritePropertyName("data");
            JsonSerializer.Serialize(json, happened, happened.GetType(), MemberForm);
            json.WriteString("prev", previous);
            json.WriteEndObject();
        }

        var prefix = buffer.ToArray().AsSpan(..^1);
        if (NationalIdentifier().IsMatch(Encoding.UTF8.GetString(prefix)))
            throw new ArgumentException($"A member of {happened.Name} looks like a national identifier; the log holds pseudonyms only.", nameof(happened));
        var hash = Convert.ToHexStringLower(SHA256.HashData(prefix));
        byte[] line = [.. prefix, .. Encoding.ASCII.GetBytes(HashMember + hash + "\"}")];
        return line.Length <= MaximumLineBytes
            ? (line, hash)
            : throw new ArgumentException($"The record of {happened.Name} is larger than {MaximumLineBytes} bytes.", nameof(happened));
    }

    /// <summary>Reads a line and checks its own hash; null with the reason when it is not a line as this log writes them.</summary>
    public static AuditLine? Read(ReadOnlySpan<byte> line, out string? problem)
    {
        problem = null;
        var end = HashMember.Length + HashLength + 2;
        if (line.Length > MaximumLineBytes || line.Length < end || !line[^end..].StartsWith(Encoding.ASCII.GetBytes(HashMember)) || !line.EndsWith("\"}"u8))
        {
            problem = "not a record of this log";
            return null;
        }

        var stated = Encoding.ASCII.GetString(line[^(HashLength + 2)..^2]);
        if (stated != Convert.ToHexStringLower(SHA256.HashData(line[..^end])))
        {
            problem = "its content does not match its hash: it was edited";
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(line.ToArray(), new JsonDocumentOptions { MaxDepth = 4, AllowDuplicateProperties = false });
            var root = json.RootElement;
            return new AuditLine(
                root.GetProperty("seq").GetInt64(),
                root.GetProperty("event").GetString()!,
                root.GetProperty("phase").GetString() switch { "begin" => AuditPhase.Begin, "end" => AuditPhase.End, _ => AuditPhase.Event },
                root.TryGetProperty("begun", out var begun) ? begun.GetInt64() : null,
                root.GetProperty("prev").GetString()!,
                stated);
        }
        catch (Exception unreadable) when (unreadable is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            problem = "not a record of this log";
            return null;
        }
    }

    // The semantic identifiers of EN 319 412-1 5.1.3: a scheme of three letters, a country, a hyphen, the number.
    [GeneratedRegex("\"(PNO|PAS|IDC|TIN)[A-Z]{2}-", RegexOptions.CultureInvariant)]
    private static partial Regex NationalIdentifier();
}

/// <summary>What the chain needs to know of a line.</summary>
internal sealed record AuditLine(long Number, string Event, AuditPhase Phase, long? Begun, string Previous, string Hash);
