using System.Formats.Asn1;
using System.Security.Cryptography;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Identity.Keys.Pkcs11;

/// <summary>Makes key pairs in a token: not extractable, sensitive, for signing only.</summary>
internal static class KeyGeneration
{
    /// <summary>CKM_EC_EDWARDS_KEY_PAIR_GEN (PKCS#11 mechanisms 3.0, 2.3.5), which the binding does not name.</summary>
    private const ulong EdwardsKeyPairGeneration = 0x1055;

    /// <param name="session">where; a lasting key needs one for writing</param>
    /// <param name="algorithm">of the key</param>
    /// <param name="lasting">false: a session object, gone with the session however that ends</param>
    /// <param name="label">CKA_LABEL of both halves</param>
    public static (IObjectHandle PublicKey, IObjectHandle PrivateKey) Generate(ISession session, KeyAlgorithm algorithm, bool lasting, string label)
    {
        var make = session.Factories.ObjectAttributeFactory;
        List<IObjectAttribute> publicKey =
        [
            make.Create(CKA.CKA_TOKEN, lasting), make.Create(CKA.CKA_PRIVATE, false), make.Create(CKA.CKA_LABEL, label), make.Create(CKA.CKA_VERIFY, true),
            make.Create(CKA.CKA_ENCRYPT, false), make.Create(CKA.CKA_WRAP, false), make.Create(CKA.CKA_VERIFY_RECOVER, false),
        ];
        List<IObjectAttribute> privateKey =
        [
            make.Create(CKA.CKA_TOKEN, lasting), make.Create(CKA.CKA_PRIVATE, true), make.Create(CKA.CKA_LABEL, label), make.Create(CKA.CKA_SENSITIVE, true),
            make.Create(CKA.CKA_EXTRACTABLE, false), make.Create(CKA.CKA_SIGN, true), make.Create(CKA.CKA_DECRYPT, false), make.Create(CKA.CKA_UNWRAP, false),
            make.Create(CKA.CKA_SIGN_RECOVER, false), make.Create(CKA.CKA_DERIVE, false),
        ];
        if (algorithm == KeyAlgorithm.Ed25519)
        {
            publicKey.Add(make.Create(CKA.CKA_EC_PARAMS, EdwardsKeys.CurveParameters()));
        }
        else if (CurveOf(algorithm) is { } curve)
        {
            publicKey.Add(make.Create(CKA.CKA_EC_PARAMS, ObjectIdentifier(curve)));
        }
        else
        {
            publicKey.Add(make.Create(CKA.CKA_MODULUS_BITS, algorithm == KeyAlgorithm.Rsa2048 ? 2048UL : 3072UL));
            publicKey.Add(make.Create(CKA.CKA_PUBLIC_EXPONENT, new byte[] { 1, 0, 1 }));
        }

        using var mechanism = session.Factories.MechanismFactory.Create(algorithm == KeyAlgorithm.Ed25519 ? EdwardsKeyPairGeneration : (ulong)(CurveOf(algorithm) is null ? CKM.CKM_RSA_PKCS_KEY_PAIR_GEN : CKM.CKM_EC_KEY_PAIR_GEN));
        session.GenerateKeyPair(mechanism, publicKey, privateKey, out var publicHandle, out var privateHandle);
        return (publicHandle, privateHandle);
    }

    public static byte[] SubjectPublicKeyInfo(ISession session, IObjectHandle publicKey, KeyAlgorithm algorithm)
    {
        if (algorithm == KeyAlgorithm.Ed25519)
            return PublicKeys.FromEdwardsPoint(session.GetAttributeValue(publicKey, [CKA.CKA_EC_POINT])[0].GetValueAsByteArray());
        if (CurveOf(algorithm) is { } curve)
            return PublicKeys.FromPoint(curve, session.GetAttributeValue(publicKey, [CKA.CKA_EC_POINT])[0].GetValueAsByteArray());
        var number = session.GetAttributeValue(publicKey, [CKA.CKA_MODULUS, CKA.CKA_PUBLIC_EXPONENT]);
        return PublicKeys.FromModulus(number[0].GetValueAsByteArray(), number[1].GetValueAsByteArray());
    }

    private static ECCurve? CurveOf(KeyAlgorithm algorithm) => algorithm switch
    {
        KeyAlgorithm.EcdsaP256 => ECCurve.NamedCurves.nistP256,
        KeyAlgorithm.EcdsaP384 => ECCurve.NamedCurves.nistP384,
        _ => null,
    };

    private static byte[] ObjectIdentifier(ECCurve curve)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteObjectIdentifier(curve.Oid.Value!);
        return writer.Encode();
    }
}
