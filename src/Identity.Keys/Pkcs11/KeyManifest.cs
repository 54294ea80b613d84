using System.Security.Cryptography;
using System.Text;

namespace Identity.Keys.Pkcs11;

/// <summary>
/// A key that is in a hardware token: <c>NAME.key.json</c>, checked. The purpose is bound to the object in the token: its CKA_ID is derived from
/// purpose and public key. So a file edited to another purpose, or to another key, names an object that is not there.
/// </summary>
internal sealed record KeyManifest
{
    public const string Extension = ".key.json";
    private const int IdentifierBytes = 20;

    public required string Name { get; init; }

    /// <summary>Which <see cref="TokenSettings"/> of the same folder.</summary>
    public required string Token { get; init; }

    public required KeyPurpose Purpose { get; init; }

    public required KeyAlgorithm Algorithm { get; init; }

    /// <summary>DER SubjectPublicKeyInfo.</summary>
    public required byte[] PublicKey { get; init; }

    /// <summary>CKA_LABEL, for people who list the token.</summary>
    public string Label => LabelOf(Name, Purpose);

    /// <summary>CKA_ID.</summary>
    public byte[] Identifier => IdentifierOf(Purpose, PublicKey);

    /// <exception cref="KeyRingException">missing, or a field that breaks its rule; the message names it</exception>
    public static KeyManifest Read(string name, string path)
    {
        var file = KeyFolderFile.Read<Written>($"Key '{name}'", path);
        return Check(file, name, (field, rule) => new KeyRingException($"Key '{name}': {field} in '{path}' {rule}"));
    }

    internal static KeyManifest Check(Written file, string name, Func<string, string, Exception> refuse)
    {
        var algorithm = Exactly<KeyAlgorithm>(file.Algorithm) is { } known && known != KeyAlgorithm.MlDsa65 ? known
            : throw refuse("algorithm", $"must be one of {string.Join(", ", Enum.GetNames<KeyAlgorithm>().Where(name => name != nameof(KeyAlgorithm.MlDsa65)))}.");
        return new KeyManifest
        {
            Name = name,
            Token = file.Token is { } token && KeyRing.IsName(token) ? token : throw refuse("token", "must name a token: 1 to 64 characters of a-z, 0-9 and '-'."),
            Purpose = Exactly<KeyPurpose>(file.Purpose) ?? throw refuse("purpose", $"must be one of {string.Join(", ", Enum.GetNames<KeyPurpose>())}."),
            Algorithm = algorithm,
            PublicKey = file.PublicKey is { } key && PublicKeys.AlgorithmOf(key) == algorithm ? key : throw refuse("publicKey", $"must be a SubjectPublicKeyInfo of {algorithm}, in base64."),
        };
    }

    public Written ToWrite() => new() { Token = Token, Purpose = Purpose.ToString(), Algorithm = Algorithm.ToString(), PublicKey = PublicKey };

    public static string LabelOf(string name, KeyPurpose purpose) => $"{name} {purpose}";

    public static byte[] IdentifierOf(KeyPurpose purpose, ReadOnlySpan<byte> publicKey)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        digest.AppendData("Identity key purpose\0"u8);
        digest.AppendData(Encoding.ASCII.GetBytes(purpose.ToString()));
        digest.AppendData([0]);
        digest.AppendData(publicKey);
        return digest.GetHashAndReset()[..IdentifierBytes];
    }

    // Enum.Parse would take numbers and lists too.
    private static T? Exactly<T>(string? written) where T : struct, Enum =>
        written is not null && Enum.GetNames<T>().Contains(written, StringComparer.Ordinal) ? Enum.Parse<T>(written) : null;

    /// <summary>The file's members.</summary>
    internal sealed record Written
    {
        public string? Token { get; init; }

        public string? Purpose { get; init; }

        public string? Algorithm { get; init; }

        public byte[]? PublicKey { get; init; }
    }
}
