namespace Identity.Signing.Requests;

/// <summary>EN 319 412-1 5.1.3: three letters of type, two of country, a hyphen, the identifier.</summary>
internal static class SignerIdentifier
{
    public const int Longest = 64;

    public static bool IsOne(string value) =>
        value.Length is > 6 and <= Longest && value[5] == '-' && value[..5].All(char.IsAsciiLetterUpper) && value.All(c => c is > ' ' and < '\x7f');
}
