using System.Security.Cryptography;

namespace Identity.Verification.PrintedCodes;

/// <summary>
/// The SHA-256 in the code that a visible signature shows: of the document as it was approved, which the signed file begins with. A signed file
/// cannot show its own hash.
/// </summary>
public sealed record PrintedCode
{
    public const int HexDigits = 64;

    /// <summary>Ends of file that are tried: more states than a document may have.</summary>
    private const int MostEnds = 1024;

    // White space behind an end of file may belong to the document that was approved, or be added before what follows.
    internal const int MostWhiteSpace = 8;

    private PrintedCode(string sha256) => Sha256 = sha256;

    /// <summary>Lower-case hexadecimal.</summary>
    public string Sha256 { get; }

    /// <summary>Null when it is none.</summary>
    public static PrintedCode? Parse(string? text) => text is { Length: HexDigits } && text.All(char.IsAsciiHexDigit) ? new PrintedCode(text.ToLowerInvariant()) : null;

    /// <summary>The length of the beginning of the file that has this hash, where a state of a document can end; null when there is none.</summary>
    public long? Find(ReadOnlySpan<byte> file)
    {
        var sought = Convert.FromHexString(Sha256);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        var hashed = 0;
        var at = 0;
        for (var ends = 0; ends < MostEnds && file[at..].IndexOf("%%EOF"u8) is >= 0 and var index; ends++)
        {
            at += index + 5;
            for (var end = at; ; end++)
            {
                hash.AppendData(file[hashed..end]);
                hashed = end;
                hash.GetCurrentHash(digest);
                if (digest.SequenceEqual(sought))
                    return end;
                if (end == file.Length || end == at + MostWhiteSpace || file[end] is not ((byte)'\r' or (byte)'\n' or (byte)' '))
                    break;
            }
        }
        // A document whose end is not in order, with nothing behind it.
        hash.AppendData(file[hashed..]);
        hash.GetCurrentHash(digest);
        return digest.SequenceEqual(sought) ? file.Length : null;
    }
}
