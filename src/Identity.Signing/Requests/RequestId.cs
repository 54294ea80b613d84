using System.Buffers.Text;
using System.Security.Cryptography;

namespace Identity.Signing.Requests;

/// <summary>22 characters base64url: 128 random bits that nobody can guess.</summary>
internal static class RequestId
{
    public const int Characters = 22;

    public static string Next() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));

    public static bool IsOne(string? value) =>
        value is { Length: Characters } && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
