using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Keys.Pkcs11;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Identity.Keys.CommandLine;

/// <summary>
/// What an operator does with keys in hardware tokens. The module is loaded in this short-lived process itself; a running service and its own
/// process of the token are not disturbed.
/// </summary>
internal static class TokenCommand
{
    private const string Usage = """
        Keys in hardware tokens (PKCS#11). DIR is a key folder; it holds TOKEN.token.json. Exit code: 0 done, 1 refused, 2 wrong usage.

          create DIR NAME --token TOKEN --purpose PURPOSE --algorithm ALGORITHM
                                         makes a key pair in the token and DIR/NAME.key.json; prints the record of it
          request DIR NAME --subject DN  prints a PKCS#10 request for the key, signed by it, as PEM
          check DIR TOKEN                logs in and looks at every key of DIR that is in this token
          unfinished DIR TOKEN [--remove]
                                         lists, or removes, what an interrupted create has left
        """;

    /// <summary>Purposes whose key signs hashes and stays: those that the framework must hold itself are files, and people's keys are made for one approval.</summary>
    private static readonly KeyPurpose[] NotInTokens = [KeyPurpose.Tls, KeyPurpose.DataProtection, KeyPurpose.TokenEncryption, KeyPurpose.PersonSignature];

    public static int Run(string[] arguments, TextWriter output, TextWriter error)
    {
        try
        {
            switch (arguments)
            {
                case ["token", var file]:
                    return TokenHost.Run(file);
                case ["create", var directory, var name, "--token", var token, "--purpose", var purpose, "--algorithm", var algorithm]
                    when Known<KeyPurpose>(purpose) is { } forThis && Known<KeyAlgorithm>(algorithm) is { } ofThis and not KeyAlgorithm.MlDsa65:
                    Create(directory, name, token, forThis, ofThis, output);
                    return 0;
                case ["request", var directory, var name, "--subject", var subject]:
                    Request(directory, name, subject, output);
                    return 0;
                case ["check", var directory, var token]:
                    return Check(directory, token, output, error) ? 0 : 1;
                case ["unfinished", var directory, var token, .. var remove] when remove is [] or ["--remove"]:
                    Unfinished(directory, token, remove is not [], output);
                    return 0;
                case ["--help"] or ["-h"]:
                    output.WriteLine(Usage);
                    return 0;
                default:
                    error.WriteLine(Usage);
                    return 2;
            }
        }
        catch (Exception refusal) when (refusal is KeyRingException or TokenRefusedException or IOException or UnauthorizedAccessException or CryptographicException)
        {
            error.WriteLine(refusal.Message);
            return 1;
        }
        catch (Pkcs11Exception problem)
        {
            error.WriteLine(Pkcs11Token.Words(problem));
            return 1;
        }
    }

    private static void Create(string directory, string name, string tokenName, KeyPurpose purpose, KeyAlgorithm algorithm, TextWriter output)
    {
        if (!KeyRing.IsName(name))
            throw new KeyRingException("A key's name is 1 to 64 characters of a-z, 0-9 and '-'.");
        if (NotInTokens.Contains(purpose))
            throw new KeyRingException($"A key for {purpose} is not made here.");
        // Ed25519 signs octets and not their hash: long lists, tokens and TLS are for other keys.
        if (algorithm == KeyAlgorithm.Ed25519 && purpose != KeyPurpose.Seal)
            throw new KeyRingException("Ed25519 is for Seal alone.");
        var path = Path.Combine(directory, name + KeyManifest.Extension);
        if (File.Exists(path) || File.Exists(Path.Combine(directory, name + ".key.pem")))
            throw new KeyRingException($"There is a key '{name}' in '{directory}' already.");
        using var token = Open(directory, tokenName);
        using var session = token.OpenSession(forWriting: true);
        var manifest = TokenKeyPair.Create(session, tokenName, name, purpose, algorithm);
        KeyFolderFile.WriteNew(path, manifest.ToWrite());
        output.WriteLine($"key        {manifest.Label}");
        output.WriteLine($"token      {token.Settings.Label}");
        output.WriteLine($"algorithm  {algorithm}, not extractable, for signing only");
        output.WriteLine($"CKA_ID     {Convert.ToHexStringLower(manifest.Identifier)}");
        output.WriteLine($"SHA-256 of the public key  {Convert.ToHexStringLower(SHA256.HashData(manifest.PublicKey))}");
        output.WriteLine($"made       {TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}");
        output.WriteLine($"written    {Path.GetFullPath(path)}");
    }

    private static void Request(string directory, string name, string subject, TextWriter output)
    {
        if (!KeyRing.IsName(name))
            throw new KeyRingException("A key's name is 1 to 64 characters of a-z, 0-9 and '-'.");
        var purpose = KeyManifest.Read(name, Path.Combine(directory, name + KeyManifest.Extension)).Purpose;
        using var ring = KeyRing.Open(directory, production: true);
        var key = ring.Get(name, purpose);
        var distinguishedName = new X500DistinguishedName(subject);
        if (key.Algorithm == KeyAlgorithm.Ed25519)
        {
            output.WriteLine(PemEncoding.WriteString("CERTIFICATE REQUEST", new OctetSignatureGenerator(key).Request(distinguishedName)));
            return;
        }

        var request = key.Algorithm switch
        {
            KeyAlgorithm.EcdsaP256 => new CertificateRequest(distinguishedName, key.AsEcdsa(), HashAlgorithmName.SHA256),
            KeyAlgorithm.EcdsaP384 => new CertificateRequest(distinguishedName, key.AsEcdsa(), HashAlgorithmName.SHA384),
            KeyAlgorithm.Rsa2048 => new CertificateRequest(distinguishedName, key.AsRsa(), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            _ => new CertificateRequest(distinguishedName, key.AsRsa(), HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
        };
        output.WriteLine(request.CreateSigningRequestPem());
    }

    private static bool Check(string directory, string tokenName, TextWriter output, TextWriter error)
    {
        using var token = Open(directory, tokenName);
        using var session = token.OpenSession(forWriting: false);
        output.WriteLine($"token '{token.Settings.Label}': logged in");
        var good = true;
        foreach (var path in Directory.EnumerateFiles(directory, "*" + KeyManifest.Extension).Order(StringComparer.Ordinal))
        {
            try
            {
                var manifest = KeyManifest.Read(Path.GetFileName(path)[..^KeyManifest.Extension.Length], path);
                if (manifest.Token != tokenName)
                    continue;
                TokenKeyPair.Find(session, manifest);
                output.WriteLine($"{manifest.Name}: {manifest.Purpose}, {manifest.Algorithm}, good");
            }
            catch (Exception refusal) when (refusal is KeyRingException or TokenRefusedException)
            {
                error.WriteLine(refusal.Message);
                good = false;
            }
        }

        return good;
    }

    private static void Unfinished(string directory, string tokenName, bool remove, TextWriter output)
    {
        using var token = Open(directory, tokenName);
        using var session = token.OpenSession(forWriting: remove);
        foreach (var found in session.FindAllObjects([session.Factories.ObjectAttributeFactory.Create(CKA.CKA_TOKEN, true)]))
        {
            var said = session.GetAttributeValue(found, [CKA.CKA_LABEL])[0];
            if (said.CannotBeRead || said.GetValueAsString() is not { } label || !label.StartsWith(TokenKeyPair.Unfinished, StringComparison.Ordinal))
                continue;
            if (remove)
                session.DestroyObject(found);
            output.WriteLine($"{label[TokenKeyPair.Unfinished.Length..]}: {(remove ? "removed" : "unfinished")}");
        }
    }

    private static Pkcs11Token Open(string directory, string name)
    {
        if (!KeyRing.IsName(name))
            throw new KeyRingException("A token's name is 1 to 64 characters of a-z, 0-9 and '-'.");
        var settings = TokenSettings.Read(directory, name);
        foreach (var (variable, value) in settings.Environment)
            SetForModules(variable, value);
        return Pkcs11Token.Open(settings, attended: true);
    }

    // The runtime's own copy of the environment is not what a native library reads.
    private static void SetForModules(string variable, string value)
    {
        if (OperatingSystem.IsWindows())
            Environment.SetEnvironmentVariable(variable, value);
        else if (SetVariable(variable, value, overwrite: 1) != 0)
            throw new IOException($"The variable {variable} cannot be set.");
    }

    private static T? Known<T>(string written) where T : struct, Enum =>
        Enum.GetNames<T>().Contains(written, StringComparer.Ordinal) ? Enum.Parse<T>(written) : null;

    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetVariable(string name, string value, int overwrite);
}
