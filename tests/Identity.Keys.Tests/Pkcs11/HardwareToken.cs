using System.Globalization;
using System.Security.Cryptography;
using Identity.TestKit;
using Identity.TestKit.Pki;

namespace Identity.Keys.Tests.Pkcs11;

/// <summary>A key folder with a SoftHSM2 token in it, for one test.</summary>
public abstract class HardwareToken : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<KeyRing> rings = [];

    protected HardwareToken(int sessions = 2, int timeoutSeconds = 10) => Hsm = new SoftHsm(folder.Path, sessions, timeoutSeconds);

    protected SoftHsm Hsm { get; }

    protected string Folder => folder.Path;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        foreach (var ring in rings)
            ring.Dispose();
        Hsm.Dispose();
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A service's view of the folder; its processes end with the test.</summary>
    protected KeyRing Ring()
    {
        var ring = KeyRing.Open(Folder, production: true);
        rings.Add(ring);
        return ring;
    }

    protected string PathOf(string file) => Path.Combine(Folder, file);

    /// <summary>Signs a new hash and lets the framework verify it.</summary>
    protected static bool Signs(SigningKey key)
    {
        var hash = RandomNumberGenerator.GetBytes(32);
        using var verifier = ECDsa.Create();
        verifier.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        return verifier.VerifyHash(hash, key.SignHash(SignatureScheme.EcdsaSha256, hash), DSASignatureFormat.Rfc3279DerSequence);
    }

    /// <summary>Why the key is not given.</summary>
    protected static string Refusal(KeyRing ring, string name, KeyPurpose purpose = KeyPurpose.Timestamping) =>
        Assert.Throws<KeyRingException>(() => ring.Get(name, purpose)).Message;

    protected static async Task Until(Func<bool> holds)
    {
        for (var i = 0; i < 1000 && !holds(); i++)
            await Task.Delay(20, Cancellation);
        Assert.True(holds());
    }

    protected int OnlyProcess() => Assert.Single(Processes());

    /// <summary>The processes of this test's token that run (not those that ended and are not yet reaped).</summary>
    protected int[] Processes() => [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
        .Where(name => name!.All(char.IsAsciiDigit)).Select(name => int.Parse(name!, CultureInfo.InvariantCulture))
        .Where(id => ReadProc(id, "cmdline").Contains(Hsm.TokenFile, StringComparison.Ordinal))];

    protected static string ReadProc(int process, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{file}");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    protected static void Send(string signal, int process) =>
        Assert.Equal(0, Tool.Run("kill", "-" + signal, process.ToString(CultureInfo.InvariantCulture)).ExitCode);
}
