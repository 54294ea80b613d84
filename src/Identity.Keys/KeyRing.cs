using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Keys.Pkcs11;
using Identity.Keys.Software;

namespace Identity.Keys;

/// <summary>
/// The keys of one service, by name, each for one purpose: a folder of <c>NAME.key.json</c> (a key in a hardware token, which a
/// <c>TOKEN.token.json</c> describes) or <c>NAME.key.pem</c> (private, PKCS#8), and <c>NAME.cer.pem</c> (certificate, perhaps with its issuers). Files are read when first asked
/// for and kept. Safe for several threads. <see cref="Dispose"/> ends the processes of its tokens; the end of this process does so too.
/// </summary>
public sealed class KeyRing : IDisposable
{
    /// <summary>Certificates in one file.</summary>
    public const int MostInChain = 8;
    private const int MostChainBytes = 128 * 1024;

    private readonly string _directory;
    private readonly bool _production;
    private readonly ConcurrentDictionary<string, SigningKey> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TokenClient> _tokens = new(StringComparer.Ordinal);

    private KeyRing(string directory, bool production)
    {
        _directory = directory;
        _production = production;
    }

    /// <param name="directory">must exist</param>
    /// <param name="production">true: every key marked as development key is refused when asked for</param>
    /// <exception cref="KeyRingException">the folder does not exist</exception>
    public static KeyRing Open(string directory, bool production)
    {
        if (!Directory.Exists(directory))
            throw new KeyRingException($"The key folder '{directory}' does not exist.");
        return new KeyRing(directory, production);
    }

    /// <summary>The key of this name, for this purpose only.</summary>
    /// <exception cref="KeyRingException">no such key, unreadable, kept for another purpose, or its token does not answer</exception>
    /// <exception cref="DevelopmentKeyRefusedException">a development key, in production</exception>
    public SigningKey Get(string name, KeyPurpose purpose)
    {
        var key = _keys.GetOrAdd(name, Load);
        return key.Purpose == purpose
            ? key
            : throw new KeyRingException($"Key '{name}' is kept for {key.Purpose} and was asked for {purpose}.");
    }

    /// <summary>The certificate of this name, without private key. The caller disposes it.</summary>
    /// <exception cref="KeyRingException">no such file, or not a certificate</exception>
    public X509Certificate2 Certificate(string name)
    {
        var path = CertificatePath(_directory, name);
        try
        {
            return X509Certificate2.CreateFromPem(File.ReadAllText(path));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new KeyRingException($"The certificate '{name}' cannot be read from '{path}': {problem.Message}", problem);
        }
    }

    /// <summary>The certificate of this name as DER, first, and those that stand behind it in its file: its issuers, upwards.</summary>
    /// <exception cref="KeyRingException">no such file, none in it, more than <see cref="MostInChain"/>, or text that is no certificate</exception>
    public IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain(string name)
    {
        var path = CertificatePath(_directory, name);
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MostChainBytes })
                throw new KeyRingException($"The certificate '{name}': '{path}' is larger than {MostChainBytes} bytes.");
            var certificates = new List<ReadOnlyMemory<byte>>();
            for (ReadOnlySpan<char> rest = File.ReadAllText(path); PemEncoding.TryFind(rest, out var found); rest = rest[found.Location.End..])
            {
                if (rest[found.Label] is not "CERTIFICATE" || certificates.Count == MostInChain)
                    throw new KeyRingException($"The certificate '{name}': '{path}' holds something else, or more than {MostInChain} certificates.");
                certificates.Add(Convert.FromBase64String(rest[found.Base64Data].ToString()));
            }

            return certificates.Count > 0 ? certificates : throw new KeyRingException($"The certificate '{name}': '{path}' holds none.");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new KeyRingException($"The certificate '{name}' cannot be read from '{path}': {problem.Message}", problem);
        }
    }

    /// <summary>
    /// Certificate and private key together, for the three users that need the framework's own object: Kestrel (TLS), Data Protection
    /// and token encryption. The caller disposes it.
    /// </summary>
    /// <exception cref="KeyRingException">as <see cref="Get"/>, or the purpose is a signing purpose, or the two files do not belong together</exception>
    public X509Certificate2 CertificateWithPrivateKey(string name, KeyPurpose purpose)
    {
        if (purpose is not (KeyPurpose.Tls or KeyPurpose.DataProtection or KeyPurpose.TokenEncryption))
            throw new KeyRingException($"Key '{name}': a private key for {purpose} does not leave the key ring.");

        var file = Read(name);
        try
        {
            if (file.Purpose != purpose)
                throw new KeyRingException($"Key '{name}' is kept for {file.Purpose} and was asked for {purpose}.");
            using var certificate = Certificate(name);
            using var key = SoftwareSigningKey.Import(file.Pkcs8);
            return key switch
            {
                ECDsa ecdsa => certificate.CopyWithPrivateKey(ecdsa),
                _ => certificate.CopyWithPrivateKey((RSA)key),
            };
        }
        catch (Exception problem) when (problem is CryptographicException or ArgumentException or InvalidOperationException)
        {
            throw new KeyRingException($"Key and certificate '{name}' do not belong together: {problem.Message}", problem);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(file.Pkcs8);
        }
    }

    /// <summary>
    /// A P-256 key for client authentication in this process's memory and nowhere else, for a program that ends soon: it proves that the same program asks
    /// again (RFC 9449).
    /// </summary>
    public static SigningKey ForThisProcess(string name)
    {
        var pkcs8 = SoftwareSigningKey.GeneratePkcs8(KeyAlgorithm.EcdsaP256);
        try
        {
            return SoftwareSigningKey.FromPkcs8(name, KeyPurpose.ClientAuthentication, pkcs8);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    /// <summary>Where people's keys are made: <see cref="PersonKeys.Software"/>, or the name of a hardware token of this folder.</summary>
    /// <param name="algorithm">one of <see cref="PersonKeys.Algorithms"/>; RSA keys of a token are made ahead, from now on</param>
    /// <exception cref="KeyRingException">software, in production; or no such token</exception>
    public PersonKeys PersonKeys(string place, KeyAlgorithm algorithm = KeyAlgorithm.EcdsaP256)
    {
        if (!Keys.PersonKeys.Algorithms.Contains(algorithm))
            throw new ArgumentOutOfRangeException(nameof(algorithm));
        if (place == Keys.PersonKeys.Software)
        {
            return _production
                ? throw new KeyRingException("People's keys in software are for development; in production they must be made in a hardware token.")
                : new PersonKeys(approval => SoftwarePersonKey.Make(approval, algorithm), () => SoftwareSessionKey.Make(Keys.PersonKeys.OfSession(algorithm)), static () => true);
        }

        var token = Token(place);
        var process = Answering("People's keys", () => token.Process());
        if (algorithm == KeyAlgorithm.Rsa3072)
            process.Ask(TokenCall.ReserveKeys, []);
        return new PersonKeys(approval => TokenPersonKey.Make(token, approval, algorithm), () => TokenSessionKey.Make(token, Keys.PersonKeys.OfSession(algorithm)), () => Answers(token));
    }

    /// <summary>Every token in use answers, with its session open and logged in; it is started when it had ended. For the readiness of a service.</summary>
    public bool TokensAnswer()
    {
        TokenClient[] tokens;
        lock (_tokens)
            tokens = [.. _tokens.Values];
        return tokens.All(Answers);
    }

    private static bool Answers(TokenClient token)
    {
        try
        {
            token.Ask(process => process.Ask(TokenCall.LookAtSession, []));
            return true;
        }
        catch (KeyUnavailableException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        lock (_tokens)
        {
            foreach (var token in _tokens.Values)
                token.Dispose();
        }
    }

    /// <summary>Makes a key that is marked for development (file mode 0600) and opens it. An existing file is never replaced.</summary>
    /// <exception cref="IOException">the file exists or cannot be written</exception>
    public static SigningKey CreateDevelopmentKey(string directory, string name, KeyPurpose purpose, KeyAlgorithm algorithm)
    {
        var pkcs8 = SoftwareSigningKey.GeneratePkcs8(algorithm);
        try
        {
            KeyFile.WriteDevelopmentKey(KeyPath(directory, name), purpose, pkcs8);
            return SoftwareSigningKey.FromPkcs8(name, purpose, pkcs8);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    private SigningKey Load(string name)
    {
        var manifest = Path.Combine(_directory, CheckedName(name) + KeyManifest.Extension);
        if (!File.Exists(manifest))
            return LoadFile(name);
        if (File.Exists(KeyPath(_directory, name)))
            throw new KeyRingException($"Key '{name}' is there twice: in a token ('{manifest}') and in a file.");
        var key = KeyManifest.Read(name, manifest);
        return Answering($"Key '{name}'", () => Pkcs11SigningKey.Open(Token(key.Token), key));
    }

    private TokenClient Token(string name)
    {
        var path = Path.Combine(_directory, CheckedName(name) + TokenSettings.Extension);
        lock (_tokens)
        {
            if (!_tokens.TryGetValue(name, out var token))
                _tokens[name] = token = new TokenClient(TokenSettings.Read(path), TimeProvider.System);
            return token;
        }
    }

    // Whoever asks for a key is starting: a token that does not answer is a reason not to.
    private static T Answering<T>(string what, Func<T> open)
    {
        try
        {
            return open();
        }
        catch (KeyUnavailableException problem)
        {
            throw new KeyRingException($"{what} cannot be had: {problem.Message}", problem);
        }
    }

    private SigningKey LoadFile(string name)
    {
        var file = Read(name);
        try
        {
            return SoftwareSigningKey.FromPkcs8(name, file.Purpose, file.Pkcs8);
        }
        catch (CryptographicException problem)
        {
            throw new KeyRingException($"Key '{name}' cannot be used: {problem.Message}", problem);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(file.Pkcs8);
        }
    }

    private KeyFile Read(string name)
    {
        var file = KeyFile.Read(name, KeyPath(_directory, name));
        if (_production && file.IsDevelopment)
            throw new DevelopmentKeyRefusedException(name);
        // In production the keys that others rely on live in a hardware token; what may stay in a file protects this service's own channels only.
        if (_production && file.Purpose is not (KeyPurpose.Tls or KeyPurpose.DataProtection or KeyPurpose.TokenEncryption or KeyPurpose.ClientAuthentication))
            throw new KeyRingException($"Key '{name}' is a file; in production a key for {file.Purpose} must be in a hardware token.");
        return file;
    }

    private static string KeyPath(string directory, string name) => Path.Combine(directory, CheckedName(name) + ".key.pem");

    private static string CertificatePath(string directory, string name) => Path.Combine(directory, CheckedName(name) + ".cer.pem");

    internal static bool IsName(string name) =>
        name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static string CheckedName(string name) =>
        IsName(name)
            ? name
            : throw new KeyRingException("A key's name is 1 to 64 characters of a-z, 0-9 and '-'.");
}

/// <summary>The key ring cannot give what was asked for; the message names the key and the reason.</summary>
public sealed class KeyRingException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A key marked for development was asked for in production.</summary>
public sealed class DevelopmentKeyRefusedException(string name)
    : Exception($"Key '{name}' is a development key and is refused in production.")
{
    public string KeyName { get; } = name;
}
