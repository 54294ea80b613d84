using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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
internal sealed class PersonKeyPairs(KeyReserve reserve)
{
    /// <summary>Tokens hold few objects; a service that forgets its keys must not fill one.</summary>
    public const int MostAtOnce = 512;
    public const int NameBytes = 16;
    private const int LongestApproval = 64;

    public const int MostHashes = 100;

    private readonly ConcurrentDictionary<UInt128, Held> _keys = new();
    private int _count;

    /// <summary>RSA keys are made ahead from now on.</summary>
    public byte[] Reserve()
    {
        reserve.Announce();
        return [];
    }

    /// <summary>For an approval: what the key is and its number of documents stand before its id.</summary>
    public byte[] MakeForDocuments(ISession session, byte[] body) => body.Length > 1 && body[1] is > 0 and <= ApprovalStructure.MaximumDocuments
        ? Make(session, body[2..], AlgorithmOf(body[0]), new bool[body[1]])
        : throw new TokenProtocolException($"An approval has 1 to {ApprovalStructure.MaximumDocuments} documents.");

    public byte[] MakeForCredential(ISession session, byte[] body) => body.Length > 0 && AlgorithmOf(body[0]) is var algorithm && PersonKeys.OfSession(algorithm) == algorithm
        ? Make(session, body[1..], algorithm, null)
        : throw new TokenProtocolException("A credential's key signs SHA-256 hashes.");

    private static KeyAlgorithm AlgorithmOf(byte number) =>
        PersonKeys.Algorithms.Contains((KeyAlgorithm)number) ? (KeyAlgorithm)number : throw new TokenProtocolException("No key of a person is of that kind.");

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
            (privateKey, var subjectPublicKeyInfo) = algorithm == KeyAlgorithm.Rsa3072 ? reserve.Take() : New(session, algorithm);
            var request = Request(session, privateKey, subjectPublicKeyInfo, algorithm, approval);
            var name = RandomNumberGenerator.GetBytes(NameBytes);
            _keys[BinaryPrimitives.ReadUInt128LittleEndian(name)] = new Held(privateKey, algorithm, documents);
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

    private static ReservedKey New(ISession session, KeyAlgorithm algorithm)
    {
        var (publicKey, privateKey) = KeyGeneration.Generate(session, algorithm, lasting: false, "person");
        var subjectPublicKeyInfo = KeyGeneration.SubjectPublicKeyInfo(session, publicKey, algorithm);
        session.DestroyObject(publicKey);
        return new ReservedKey(privateKey, subjectPublicKeyInfo);
    }

    // Its signature proves possession and is the first that the key makes: by the widest hash that it signs.
    private static byte[] Request(ISession session, IObjectHandle key, byte[] subjectPublicKeyInfo, KeyAlgorithm algorithm, string approval)
    {
        var signer = new SessionSigner(session);
        var subject = SoftwarePersonKey.SubjectOf(approval);
        if (algorithm == KeyAlgorithm.Ed25519)
            return new OctetSignatureGenerator(subjectPublicKeyInfo, data => signer.Sign(key, SignatureScheme.Ed25519, data)).Request(subject);
        if (algorithm == KeyAlgorithm.Rsa3072)
        {
            using var rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out _);
            var pss = X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pss).GetSignatureAlgorithmIdentifier(HashAlgorithmName.SHA256);
            return new OctetSignatureGenerator(subjectPublicKeyInfo, pss, data => signer.Sign(key, SignatureScheme.RsaPssSha256, SHA256.HashData(data))).Request(subject);
        }

        var isLong = algorithm == KeyAlgorithm.EcdsaP384;
        using var ecdsa = ECDsa.Create();
        ecdsa.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out _);
        var identifier = X509SignatureGenerator.CreateForECDsa(ecdsa).GetSignatureAlgorithmIdentifier(isLong ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256);
        return new OctetSignatureGenerator(subjectPublicKeyInfo, identifier, data => PublicKeys.ToDerSequence(isLong
            ? signer.Sign(key, SignatureScheme.EcdsaSha384, SHA384.HashData(data))
            : signer.Sign(key, SignatureScheme.EcdsaSha256, SHA256.HashData(data)))).Request(subject);
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
        body.Length - NameBytes is SHA256.HashSizeInBytes or 1 + SHA256.HashSizeInBytes or 1 + SHA384.HashSizeInBytes
            ? SignOnce(session, signer, body, isHash: true)
            : throw new TokenProtocolException("A person's key signs one SHA-256 or SHA-384 hash.");

    public byte[] SignOctetsOnce(ISession session, SessionSigner signer, byte[] body) =>
        body.Length is > NameBytes + 1 and <= NameBytes + 1 + SigningKey.MostOctets
            ? SignOnce(session, signer, body, isHash: false)
            : throw new TokenProtocolException($"A person's Ed25519 key signs 1 to {SigningKey.MostOctets} octets.");

    private byte[] SignOnce(ISession session, SessionSigner signer, byte[] body, bool isHash)
    {
        var name = BinaryPrimitives.ReadUInt128LittleEndian(body);
        if (!_keys.TryGetValue(name, out var held))
            throw Lost();
        if (isHash == (held.Algorithm == KeyAlgorithm.Ed25519))
            throw new TokenProtocolException("A person's key was asked for what another kind of key signs.");
        var signed = body[(held.Documents is null ? NameBytes : NameBytes + 1)..];
        var scheme = isHash ? PersonKeys.SchemeOf(held.Algorithm, signed.Length) : SignatureScheme.Ed25519;
        lock (held)
        {
            if (scheme is not { } known || !held.Take(body.AsSpan(NameBytes)))
                throw new TokenRefusedException(
                    TokenAnswer.Unavailable,
                    held.Documents is null ? "The credential's key is not enabled for this hash, or has signed it." : "The person's key is not for this document, or has signed it.");
            var isLast = held.IsUsedUp;
            if (isLast ? !_keys.TryRemove(name, out _) : !_keys.ContainsKey(name))
                throw Lost();
            try
            {
                return signer.Sign(held.Key, known, signed);
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

    private sealed class Held(IObjectHandle key, KeyAlgorithm algorithm, bool[]? documents)
    {
        public IObjectHandle Key => key;

        public KeyAlgorithm Algorithm => algorithm;

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
            if (asked[0] >= documents.Length || documents[asked[0]])
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
}
