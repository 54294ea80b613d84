using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Identity.Keys.Software;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Identity.Keys.Pkcs11;

/// <summary>
/// People's keys in the token, in its process: session objects, so that the token itself removes what a crash leaves. Each signs its own PKCS#10
/// when it is made, then one hash, and is destroyed.
/// </summary>
internal sealed class PersonKeyPairs
{
    /// <summary>Tokens hold few objects; a service that forgets its keys must not fill one.</summary>
    public const int MostAtOnce = 512;
    public const int NameBytes = 16;
    private const int LongestApproval = 64;

    private readonly ConcurrentDictionary<UInt128, IObjectHandle> _keys = new();
    private int _count;

    public byte[] Make(ISession session, byte[] body)
    {
        var approval = Encoding.UTF8.GetString(body);
        if (approval.Length is 0 or > LongestApproval || !approval.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            throw new TokenProtocolException("An approval's id is 1 to 64 characters of base64url.");
        if (Interlocked.Increment(ref _count) > MostAtOnce)
        {
            Interlocked.Decrement(ref _count);
            throw new TokenRefusedException(TokenAnswer.Unavailable, $"{MostAtOnce} keys of people are in the token; no further one is made.");
        }

        IObjectHandle? privateKey = null;
        try
        {
            (var publicKey, privateKey) = KeyGeneration.Generate(session, KeyAlgorithm.EcdsaP256, lasting: false, "person");
            var subjectPublicKeyInfo = KeyGeneration.SubjectPublicKeyInfo(session, publicKey, KeyAlgorithm.EcdsaP256);
            session.DestroyObject(publicKey);
            using var signer = new KeyOfSession(session, privateKey, subjectPublicKeyInfo);
            var request = SoftwarePersonKey.CertificationRequestOf(signer, approval);
            var name = RandomNumberGenerator.GetBytes(NameBytes);
            _keys[BinaryPrimitives.ReadUInt128LittleEndian(name)] = privateKey;
            var length = new byte[2];
            BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)subjectPublicKeyInfo.Length);
            return [.. name, .. length, .. subjectPublicKeyInfo, .. request];
        }
        catch
        {
            Interlocked.Decrement(ref _count);
            if (privateKey is not null)
                session.DestroyObject(privateKey);
            throw;
        }
    }

    /// <summary>Taken before it signs: of two calls at once, one finds no key.</summary>
    public byte[] SignOnce(ISession session, SessionSigner signer, byte[] body)
    {
        if (body.Length != NameBytes + SHA256.HashSizeInBytes)
            throw new TokenProtocolException("A person's key signs one SHA-256 hash.");
        if (!_keys.TryRemove(BinaryPrimitives.ReadUInt128LittleEndian(body), out var key))
            throw new TokenRefusedException(TokenAnswer.Unavailable, "The person's key has been used, destroyed or lost.");
        try
        {
            return signer.Sign(key, SignatureScheme.EcdsaSha256, body[NameBytes..]);
        }
        finally
        {
            Remove(session, key);
        }
    }

    public byte[] Destroy(ISession session, byte[] body)
    {
        if (body.Length != NameBytes)
            throw new TokenProtocolException("No key was named.");
        if (_keys.TryRemove(BinaryPrimitives.ReadUInt128LittleEndian(body), out var key))
            Remove(session, key);
        return [];
    }

    private void Remove(ISession session, IObjectHandle key)
    {
        Interlocked.Decrement(ref _count);
        session.DestroyObject(key);
    }

    /// <summary>Signs the PKCS#10 as the framework wants it: as an <see cref="ECDsa"/>.</summary>
    private sealed class KeyOfSession : ECDsa
    {
        private readonly ECDsa _public = Create();
        private readonly SessionSigner _signer;
        private readonly IObjectHandle _key;

        public KeyOfSession(ISession session, IObjectHandle key, byte[] subjectPublicKeyInfo)
        {
            _signer = new SessionSigner(session);
            _key = key;
            _public.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out _);
            KeySizeValue = _public.KeySize;
        }

        public override byte[] SignHash(byte[] hash) => _signer.Sign(_key, SignatureScheme.EcdsaSha256, hash);

        public override bool VerifyHash(byte[] hash, byte[] signature) => _public.VerifyHash(hash, signature);

        public override ECParameters ExportParameters(bool includePrivateParameters) =>
            includePrivateParameters ? throw new CryptographicException("The private half stays in the token.") : _public.ExportParameters(false);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _public.Dispose();
            base.Dispose(disposing);
        }
    }
}
