using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Identity.Keys;
using Identity.TestKit;
using Identity.TestKit.Pki;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Identity.Benchmarks;

/// <summary>
/// Signatures a second through SoftHSM2: by <see cref="SigningKey"/>, that is through the token's own process, beside the same module called directly
/// in this process with as many sessions, each by as many threads; and what openssl says of the machine in the same run.
/// </summary>
internal static class TokenKeys
{
    private static readonly (string Algorithm, SignatureScheme Scheme)[] Kinds =
        [("EcdsaP256", SignatureScheme.EcdsaSha256), ("Rsa2048", SignatureScheme.RsaPkcs1Sha256), ("Rsa3072", SignatureScheme.RsaPssSha256)];

    public static async Task Run(TimeSpan seconds, int rounds, int callers)
    {
        foreach (var sessions in new[] { 1, 4, 16 })
        {
            var folder = Directory.CreateTempSubdirectory("identity-bench-").FullName;
            using var hsm = new SoftHsm(folder, sessions);
            foreach (var (algorithm, _) in Kinds)
                hsm.Create(algorithm.ToLowerInvariant(), "Timestamping", algorithm);
            using var ring = KeyRing.Open(folder, production: true);
            using var raw = new RawToken(hsm, sessions);
            foreach (var (algorithm, scheme) in Kinds)
            {
                var key = ring.Get(algorithm.ToLowerInvariant(), KeyPurpose.Timestamping);
                var hash = RandomNumberGenerator.GetBytes(32);
                var direct = raw.Signer(algorithm.ToLowerInvariant(), scheme);
                var (ours, theirs) = (new List<double>(), new List<double>());
                // The first round warms both up.
                for (var round = 0; round <= rounds; round++)
                {
                    theirs.Add(await Rate(sessions, seconds, thread => direct(thread, hash)));
                    ours.Add(await Rate(Math.Max(sessions, callers), seconds, _ => key.SignHash(scheme, hash)));
                }

                var (mine, other) = (Median(ours[1..]), Median(theirs[1..]));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{algorithm,-10} {sessions,2} sessions   direct {other,8:F0} /s   through the process {mine,8:F0} /s   {mine / other:P0}"));
            }

            Directory.Delete(folder, recursive: true);
        }

        foreach (var kind in new[] { "ecdsap256", "rsa2048", "rsa3072" })
            Console.Write(Tool.Run("openssl", "speed", "-seconds", "2", kind).Output.Split('\n').Last(line => line.Contains("bits", StringComparison.Ordinal) || line.Contains("nistp", StringComparison.Ordinal)) + "\n");
    }

    private static async Task<double> Rate(int threads, TimeSpan seconds, Action<int> sign)
    {
        var signed = 0L;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Factory.StartNew(() =>
        {
            var own = 0L;
            for (; watch.Elapsed < seconds; own++)
                sign(thread);
            Interlocked.Add(ref signed, own);
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        return signed / watch.Elapsed.TotalSeconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>The module in this process: a session a thread, handles found once.</summary>
    private sealed class RawToken : IDisposable
    {
        private static readonly byte[] DigestInfo = Convert.FromHexString("3031300d060960864801650304020105000420");
        private readonly IPkcs11Library library;
        private readonly List<ISession> sessions = [];

        public RawToken(SoftHsm hsm, int count)
        {
            foreach (var (name, value) in hsm.Environment)
                _ = SetVariable(name, value, 1);
            Resolve();
            var factories = new Pkcs11InteropFactories();
            library = factories.Pkcs11LibraryFactory.LoadPkcs11Library(factories, SoftHsm.Module, AppType.MultiThreaded);
            var slot = library.GetSlotList(SlotsType.WithTokenPresent).Single(found => found.GetTokenInfo().Label == SoftHsm.Label);
            for (var i = 0; i < count; i++)
                sessions.Add(slot.OpenSession(SessionType.ReadOnly));
            sessions[0].Login(CKU.CKU_USER, SoftHsm.Pin);
        }

        public Action<int, byte[]> Signer(string name, SignatureScheme scheme)
        {
            var factories = sessions[0].Factories;
            var key = sessions[0].FindAllObjects([
                factories.ObjectAttributeFactory.Create(CKA.CKA_CLASS, CKO.CKO_PRIVATE_KEY), factories.ObjectAttributeFactory.Create(CKA.CKA_LABEL, name + " Timestamping")])[0];
            var mechanisms = sessions.ConvertAll(_ => scheme switch
            {
                SignatureScheme.EcdsaSha256 => factories.MechanismFactory.Create(CKM.CKM_ECDSA),
                SignatureScheme.RsaPkcs1Sha256 => factories.MechanismFactory.Create(CKM.CKM_RSA_PKCS),
                _ => factories.MechanismFactory.Create(CKM.CKM_RSA_PKCS_PSS, factories.MechanismParamsFactory.CreateCkRsaPkcsPssParams((ulong)CKM.CKM_SHA256, (ulong)CKG.CKG_MGF1_SHA256, 32)),
            });
            return (thread, hash) => sessions[thread].Sign(mechanisms[thread], key, scheme == SignatureScheme.RsaPkcs1Sha256 ? [.. DigestInfo, .. hash] : hash);
        }

        public void Dispose() => library.Dispose();

        private static bool resolved;

        private static void Resolve()
        {
            if (!resolved)
                NativeLibrary.SetDllImportResolver(typeof(Pkcs11InteropFactories).Assembly, static (name, _, _) => name == "libdl" ? NativeLibrary.Load("libdl.so.2") : 0);
            resolved = true;
        }

        [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static extern int SetVariable(string name, string value, int overwrite);
    }
}
