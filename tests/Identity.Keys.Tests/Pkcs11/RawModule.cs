using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Identity.TestKit.Pki;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Identity.Keys.Tests.Pkcs11;

/// <summary>SoftHSM2 in the tests' own process, for what pkcs11-tool cannot ask of it.</summary>
internal static class RawModule
{
    private static readonly Lock OneAtATime = new();

    /// <summary>A key pair for signing only, not extractable and yet not sensitive, with the CKA_ID 01; its public key.</summary>
    public static byte[] MakeKeyThatCanBeRead(SoftHsm hsm, string label)
    {
        using var turn = OneAtATime.EnterScope();
        foreach (var (name, value) in hsm.Environment)
            Assert.Equal(0, SetVariable(name, value, 1));
        // Sets how the binding finds the loader.
        System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(Identity.Keys.Pkcs11.Pkcs11Token).TypeHandle);
        var factories = new Pkcs11InteropFactories();
        using var library = factories.Pkcs11LibraryFactory.LoadPkcs11Library(factories, SoftHsm.Module, AppType.MultiThreaded);
        var slot = library.GetSlotList(SlotsType.WithTokenPresent).Single(found => found.GetTokenInfo().Label == SoftHsm.Label);
        using var session = slot.OpenSession(SessionType.ReadWrite);
        session.Login(CKU.CKU_USER, SoftHsm.Pin);
        var make = factories.ObjectAttributeFactory;
        using var mechanism = factories.MechanismFactory.Create(CKM.CKM_EC_KEY_PAIR_GEN);
        List<IObjectAttribute> both = [make.Create(CKA.CKA_TOKEN, true), make.Create(CKA.CKA_ID, [1]), make.Create(CKA.CKA_LABEL, label)];
        session.GenerateKeyPair(mechanism, [.. both, make.Create(CKA.CKA_EC_PARAMS, Convert.FromHexString("06082A8648CE3D030107"))],
            [.. both, make.Create(CKA.CKA_SIGN, true), make.Create(CKA.CKA_SENSITIVE, false), make.Create(CKA.CKA_EXTRACTABLE, false)], out var publicKey, out _);
        var point = session.GetAttributeValue(publicKey, [CKA.CKA_EC_POINT])[0].GetValueAsByteArray()[3..];
        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = point[..32], Y = point[32..] } });
        return key.ExportSubjectPublicKeyInfo();
    }

    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetVariable(string name, string value, int overwrite);
}
