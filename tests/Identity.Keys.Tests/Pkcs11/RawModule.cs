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
        var factories = new Pkcs11InteropFactories();
        using var library = Load(hsm, factories);
        using var session = LogIn(library);
        var make = factories.ObjectAttributeFactory;
        using var mechanism = factories.MechanismFactory.Create(CKM.CKM_EC_KEY_PAIR_GEN);
        List<IObjectAttribute> both = [make.Create(CKA.CKA_TOKEN, true), make.Create(CKA.CKA_ID, [1]), make.Create(CKA.CKA_LABEL, label)];
        session.GenerateKeyPair(mechanism, [.. both, make.Create(CKA.CKA_EC_PARAMS, Convert.FromHexString("06082A8648CE3D030107"))],
            [.. both, make.Create(CKA.CKA_SIGN, true), make.Create(CKA.CKA_SENSITIVE, false), make.Create(CKA.CKA_EXTRACTABLE, false)], out var publicKey, out _);
        var point = session.GetAttributeValue(publicKey, [CKA.CKA_EC_POINT])[0].GetValueAsByteArray()[3..];
        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = point[..32], Y = point[32..] } });
        return key.ExportSubjectPublicKeyInfo();
    }

    /// <summary>What the module answers to whoever has the PIN and asks for the octets of these attributes of a private key: C_GetAttributeValue itself, which the binding smooths.</summary>
    public static IReadOnlyList<CKR> Read(SoftHsm hsm, string label, params CKA[] attributes) => WithPrivateKey(hsm, label, (session, key) => attributes.Select(attribute =>
    {
        var room = Marshal.AllocHGlobal(4096);
        try
        {
            var low = new Net.Pkcs11Interop.LowLevelAPI80.Pkcs11Library(SoftHsm.Module);
            Net.Pkcs11Interop.LowLevelAPI80.CK_ATTRIBUTE[] template = [new() { type = (ulong)attribute, value = room, valueLen = 4096 }];
            return low.C_GetAttributeValue(session.SessionId, key.ObjectId, template, 1);
        }
        finally
        {
            Marshal.FreeHGlobal(room);
        }
    }).ToList());

    /// <summary>What it answers to C_WrapKey with a wrapping key of the caller's own; and to the same for a key of the caller's that may leave.</summary>
    public static (CKR OfKey, CKR OfExtractable) Wrap(SoftHsm hsm, string label, CKM by) => WithPrivateKey(hsm, label, (session, key) =>
    {
        var make = session.Factories.ObjectAttributeFactory;
        IObjectHandle wrapping;
        if (by == CKM.CKM_RSA_PKCS_OAEP)
        {
            using var pair = session.Factories.MechanismFactory.Create(CKM.CKM_RSA_PKCS_KEY_PAIR_GEN);
            List<IObjectAttribute> wraps = [make.Create(CKA.CKA_MODULUS_BITS, 2048UL), make.Create(CKA.CKA_PUBLIC_EXPONENT, [1, 0, 1]), make.Create(CKA.CKA_WRAP, true)];
            session.GenerateKeyPair(pair, wraps, [make.Create(CKA.CKA_UNWRAP, true)], out wrapping, out _);
        }
        else
        {
            using var secret = session.Factories.MechanismFactory.Create(CKM.CKM_AES_KEY_GEN);
            wrapping = session.GenerateKey(secret, [make.Create(CKA.CKA_VALUE_LEN, 32UL), make.Create(CKA.CKA_WRAP, true), make.Create(CKA.CKA_UNWRAP, true)]);
        }

        using var mechanism = by == CKM.CKM_RSA_PKCS_OAEP
            ? session.Factories.MechanismFactory.Create(
                by, session.Factories.MechanismParamsFactory.CreateCkRsaPkcsOaepParams((ulong)CKM.CKM_SHA_1, (ulong)CKG.CKG_MGF1_SHA1, (ulong)CKZ.CKZ_DATA_SPECIFIED, null))
            : session.Factories.MechanismFactory.Create(by);
        using var generation = session.Factories.MechanismFactory.Create(CKM.CKM_AES_KEY_GEN);
        var extractable = session.GenerateKey(generation, [make.Create(CKA.CKA_VALUE_LEN, 32UL), make.Create(CKA.CKA_EXTRACTABLE, true)]);
        return (Answer(key), Answer(extractable));

        CKR Answer(IObjectHandle wrapped)
        {
            try
            {
                session.WrapKey(mechanism, wrapping, wrapped);
                return CKR.CKR_OK;
            }
            catch (Pkcs11Exception refused)
            {
                return refused.RV;
            }
        }
    });

    private static T WithPrivateKey<T>(SoftHsm hsm, string label, Func<ISession, IObjectHandle, T> ask)
    {
        using var turn = OneAtATime.EnterScope();
        var factories = new Pkcs11InteropFactories();
        using var library = Load(hsm, factories);
        using var session = LogIn(library);
        var make = factories.ObjectAttributeFactory;
        return ask(session, Assert.Single(session.FindAllObjects([make.Create(CKA.CKA_CLASS, CKO.CKO_PRIVATE_KEY), make.Create(CKA.CKA_LABEL, label)])));
    }

    private static IPkcs11Library Load(SoftHsm hsm, Pkcs11InteropFactories factories)
    {
        foreach (var (name, value) in hsm.Environment)
            Assert.Equal(0, SetVariable(name, value, 1));
        // Sets how the binding finds the loader.
        System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(Identity.Keys.Pkcs11.Pkcs11Token).TypeHandle);
        return factories.Pkcs11LibraryFactory.LoadPkcs11Library(factories, SoftHsm.Module, AppType.MultiThreaded);
    }

    private static ISession LogIn(IPkcs11Library library)
    {
        var slot = library.GetSlotList(SlotsType.WithTokenPresent).Single(found => found.GetTokenInfo().Label == SoftHsm.Label);
        var session = slot.OpenSession(SessionType.ReadWrite);
        session.Login(CKU.CKU_USER, SoftHsm.Pin);
        return session;
    }

    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetVariable(string name, string value, int overwrite);
}
