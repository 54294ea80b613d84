using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Identity.Keys.Activation;
using Identity.Keys.Software;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Identity.Keys.Pkcs11;

/// <summary>
/// People's keys in the token, in its process: session objects, so that the token itself removes what a crash leaves. Each signs its own PKCS#10
/// when it is made, then one hash (Ed25519: the octets) for each document of its approval, and is destroyed; that of a credential, the hashes with which it was enabled, each once.
/// </summary>
internal sealed class PersonKeyPairs
{
    /// <summary>Tokens hold few objects; a service that forgets its keys must not fill one.</summary>
    public const int MostAtOnce = 512;
    public const int NameBytes = 16;
    private const int LongestApproval = 64;

    public const int MostHashes = 100;

    private readonly ConcurrentDictionary<UInt128, Held> _keys = new();
    private int _count;

    /// <summary>For an approval: its number of documents stands before its id.</summary>
    public byte[] MakeForDocuments(ISession session, byte[] body, KeyAlgorithm algorithm) => body.Length > 0 && body[0] is > 0 and <= ApprovalStructure.MaximumDocuments
        ? Make(session, body[1..], algorithm, new bool[body[0]])
        : throw new TokenProtocolException($"An approval has 1 to {ApprovalStructure.MaximumDocuments} documents.");

    public byte[] MakeForCredential(ISession session, byte[] body) => Make(session, body, KeyAlgorithm.EcdsaP256, null);

    private byte[] Make(ISession session, byte[] body, KeyAlgorithm algorithm, bool[]? documents)
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
            (var publicKey, privateKey) = KeyGeneration.Generate(session, algorithm, lasting: false, "person");
            var subjectPublicKeyInfo = KeyGeneration.SubjectPublicKeyInfo(session, publicKey, algorithm);
            session.DestroyObject(publicKey);
            var request = Request(session, privateKey, subjectPublicKeyInfo, algorithm, approval);
            var name = RandomNumberGenerator.GetBytes(NameBytes);
            _keys[BinaryPrimitives.ReadUInt128LittleEndian(name)] = new Held(privateKey, algorithm == KeyAlgorithm.Ed25519 ? SignatureScheme.Ed25519 : SignatureScheme.EcdsaSha256, documents);
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

    private static byte[] Request(ISession session, IObjectHandle key, byte[] subjectPublicKeyInfo, KeyAlgorithm algorithm, string approval)
    {
        if (algorithm == KeyAlgorithm.Ed25519)
        {
            var octets = new SessionSigner(session);
            return new OctetSignatureGenerator(subjectPublicKeyInfo, data => octets.Sign(key, SignatureScheme.Ed25519, data)).Request(SoftwarePersonKey.SubjectOf(approval));
        }

        using var signer = new KeyOfSession(session, key, subjectPublicKeyInfo);
        return SoftwarePersonKey.CertificationRequestOf(signer, approval);
    }

    /// <summary>Says, once, what a credential's key signs.</summary>
    public byte[] Enable(byte[] body)
    {
        var hashes = body.Length - NameBytes;
        if (hashes <= 0 || hashes % SHA256.HashSizeInBytes != 0 || hashes / SHA256.HashSizeInBytes > MostHashes)
            throw new TokenProtocolException($"A credential's key is enabled for 1 to {MostHashes} SHA-256 hashes.");
        if (!_keys.TryGetValue(BinaryPrimitives.ReadUInt128LittleEndian(body), out var held) || held.Documents is not null)
            throw Lost();
        lock (held)
        {
            if (held.Left is not null)
                throw new TokenRefusedException(TokenAnswer.Unavailable, "The credential's key has been enabled before.");
            held.Left = [.. body[NameBytes..].Chunk(SHA256.HashSizeInBytes)];
        }

        return [];
    }

    /// <summary>Document or hash are taken before it signs: of two calls at once, one finds none.</summary>
    public byte[] SignHashOnce(ISession session, SessionSigner signer, byte[] body) =>
        body.Length is NameBytes + SHA256.HashSizeInBytes or NameBytes + 1 + SHA256.HashSizeInBytes
            ? SignOnce(session, signer, body, SignatureScheme.EcdsaSha256)
            : throw new TokenProtocolException("A person's key signs one SHA-256 hash.");

    public byte[] SignOctetsOnce(ISession session, SessionSigner signer, byte[] body) =>
        body.Length is > NameBytes + 1 and <= NameBytes + 1 + SigningKey.MostOctets
            ? SignOnce(session, signer, body, SignatureScheme.Ed25519)
            : throw new TokenProtocolException($"A person's Ed25519 key signs 1 to {SigningKey.MostOctets} octets.");

    private byte[] SignOnce(ISession session, SessionSigner signer, byte[] body, SignatureScheme scheme)
    {
        var name = BinaryPrimitives.ReadUInt128LittleEndian(body);
        if (!_keys.TryGetValue(name, out var held))
            throw Lost();
        if (held.Scheme != scheme)
            throw new TokenProtocolException("A person's key was asked for what another kind of key signs.");
        lock (held)
        {
            if (!held.Take(body.AsSpan(NameBytes)))
                throw new TokenRefusedException(
                    TokenAnswer.Unavailable,
                    held.Documents is null ? "The credential's key is not enabled for this hash, or has signed it." : "The person's key is not for this document, or has signed it.");
            var isLast = held.IsUsedUp;
            if (isLast ? !_keys.TryRemove(name, out _) : !_keys.ContainsKey(name))
                throw Lost();
            try
            {
                return signer.Sign(held.Key, scheme, scheme == SignatureScheme.Ed25519 ? body[(NameBytes + 1)..] : body[^SHA256.HashSizeInBytes..]);
            }
            finally
            {
                if (isLast)
                    Remove(session, held.Key);
            }
        }
    }

    public byte[] Destroy(ISession session, byte[] body)
    {
        if (body.Length != NameBytes)
            throw new TokenProtocolException("No key was named.");
        if (_keys.TryRemove(BinaryPrimitives.ReadUInt128LittleEndian(body), out var held))
        {
            // Not while another session signs with it.
            lock (held)
                Remove(session, held.Key);
        }

        return [];
    }

    private static TokenRefusedException Lost() => new(TokenAnswer.Unavailable, "The person's key has been used, destroyed or lost.");

    private void Remove(ISession session, IObjectHandle key)
    {
        Interlocked.Decrement(ref _count);
        session.DestroyObject(key);
    }

    private sealed class Held(IObjectHandle key, SignatureScheme scheme, bool[]? documents)
    {
        public IObjectHandle Key => key;

        public SignatureScheme Scheme => scheme;

        /// <summary>Which documents of its approval it has been asked for; null when it is a credential's.</summary>
        public bool[]? Documents => documents;

        /// <summary>What a credential's key may still sign; null before it is enabled.</summary>
        public List<byte[]>? Left { get; set; }

        public bool IsUsedUp => documents is not null ? !documents.Contains(false) : Left is not { Count: > 0 };

        /// <param name="asked">the hash, for a key of an approval behind the number of the document</param>
        public bool Take(ReadOnlySpan<byte> asked)
        {
            if (documents is null)
                return TakeHash(asked);
            if (scheme != SignatureScheme.Ed25519 && asked.Length == SHA256.HashSizeInBytes || asked[0] >= documents.Length || documents[asked[0]])
                return false;
            return documents[asked[0]] = true;
        }

        private bool TakeHash(ReadOnlySpan<byte> hash)
        {
            for (var i = 0; i < Left?.Count; i++)
            {
                if (!hash.SequenceEqual(Left[i]))
                    continue;
                Left.RemoveAt(i);
                return true;
            }

            return false;
        }
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
