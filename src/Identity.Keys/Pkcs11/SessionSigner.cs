using System.Security.Cryptography;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Identity.Keys.Pkcs11;

/// <summary>Signs hashes in one session, for one thread at a time.</summary>
internal sealed class SessionSigner(ISession session)
{
    /// <summary>RFC 8017 9.2, note 1: DigestInfo of SHA-256 up to the hash.</summary>
    private static readonly byte[] Sha256DigestInfo = [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

    private readonly Dictionary<SignatureScheme, IMechanism> _mechanisms = [];

    /// <summary>CKM_EDDSA (PKCS#11 mechanisms 3.0, 2.3.14), which the binding does not name; without parameters: Ed25519 as RFC 8032 5.1 has it.</summary>
    private const ulong EdwardsSignature = 0x1057;

    /// <summary>The token hashes nothing itself, so every scheme takes the hash: mechanisms that hash would see the document. Ed25519 takes the octets.</summary>
    /// <returns>ECDSA: r||s of fixed length; RSA: as it is</returns>
    public byte[] Sign(IObjectHandle key, SignatureScheme scheme, byte[] hash)
    {
        if (!_mechanisms.TryGetValue(scheme, out var mechanism))
            _mechanisms[scheme] = mechanism = MechanismOf(scheme);
        return session.Sign(mechanism, key, scheme == SignatureScheme.RsaPkcs1Sha256 ? [.. Sha256DigestInfo, .. hash] : hash);
    }

    private IMechanism MechanismOf(SignatureScheme scheme)
    {
        var factory = session.Factories.MechanismFactory;
        return scheme switch
        {
            SignatureScheme.EcdsaSha256 or SignatureScheme.EcdsaSha384 => factory.Create(CKM.CKM_ECDSA),
            SignatureScheme.Ed25519 => factory.Create(EdwardsSignature),
            SignatureScheme.RsaPkcs1Sha256 => factory.Create(CKM.CKM_RSA_PKCS),
            SignatureScheme.RsaPssSha256 => Pss(CKM.CKM_SHA256, CKG.CKG_MGF1_SHA256, SHA256.HashSizeInBytes),
            SignatureScheme.RsaPssSha384 => Pss(CKM.CKM_SHA384, CKG.CKG_MGF1_SHA384, SHA384.HashSizeInBytes),
            _ => throw new ArgumentOutOfRangeException(nameof(scheme)),
        };

        IMechanism Pss(CKM hash, CKG mask, int salt) => factory.Create(
            CKM.CKM_RSA_PKCS_PSS, session.Factories.MechanismParamsFactory.CreateCkRsaPkcsPssParams((ulong)hash, (ulong)mask, (ulong)salt));
    }
}
