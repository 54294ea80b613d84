using System.Security.Cryptography;
using Identity.Keys.Activation;

namespace Identity.Keys;

/// <summary>
/// A person's signing key (EC P-256 or P-384, RSA-3072 or Ed25519): made for one verified approval, signs one hash, or the octets with Ed25519, for each document of that approval and is gone when all
/// are signed or after <see cref="Dispose"/>. A second signature for a document throws <see cref="KeyUnavailableException"/>, also when asked in parallel.
/// </summary>
public sealed class PersonKey : IDisposable
{
    private readonly Lock _lock = new();
    private readonly bool[] _used;
    private PrivateHalf? _half;

    internal PersonKey(VerifiedApproval approval, KeyAlgorithm algorithm, PrivateHalf half, ReadOnlyMemory<byte> subjectPublicKeyInfo, ReadOnlyMemory<byte> certificationRequest)
    {
        Algorithm = algorithm;
        _half = half;
        _used = new bool[approval.Structure.Documents.Count];
        Approval = approval;
        SubjectPublicKeyInfo = subjectPublicKeyInfo;
        CertificationRequest = certificationRequest;
    }

    /// <summary>What the person approved; nothing else gives such a key.</summary>
    public VerifiedApproval Approval { get; }

    public KeyAlgorithm Algorithm { get; }

    /// <summary>The public key: DER SubjectPublicKeyInfo (RFC 5280 4.1.2.7).</summary>
    public ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; }

    /// <summary>DER PKCS#10 that proves possession (RFC 2986); made with the key, before its first signature. Its subject is the approval id only:
    /// the Authority takes the person's name from the evidence.</summary>
    public ReadOnlyMemory<byte> CertificationRequest { get; }

    /// <summary>This key for one document of the approval: it signs once.</summary>
    /// <param name="sha256">of the document as it was approved, 32 bytes</param>
    /// <exception cref="ArgumentException">the approval does not name the document</exception>
    public SigningKey For(ReadOnlySpan<byte> sha256)
    {
        var wanted = StrictBase64Url.Encode(sha256);
        for (var index = 0; index < _used.Length; index++)
        {
            if (Approval.Structure.Documents[index].Sha256 == wanted)
                return new OfDocument(this, index);
        }

        throw new ArgumentException("The approval does not name this document.", nameof(sha256));
    }

    /// <summary>Destroys the key; calling it again does nothing.</summary>
    public void Dispose()
    {
        lock (_lock)
            Destroy();
    }

    private byte[] Sign(int document, SignatureScheme scheme, ReadOnlySpan<byte> hash, DSASignatureFormat format)
    {
        lock (_lock)
        {
            if (_half is null || _used[document])
                throw new KeyUnavailableException($"Key 'person:{Approval.Structure.Approval}' has been used or destroyed.");
            // Also when it fails: nothing tells how far it came.
            _used[document] = true;
            try
            {
                return _half.Sign(document, scheme, hash, format);
            }
            finally
            {
                if (!_used.Contains(false))
                    Destroy();
            }
        }
    }

    private void Destroy()
    {
        _half?.Dispose();
        _half = null;
    }

    /// <summary>What can sign, wherever it is. Used by one thread at a time; <see cref="Dispose"/> destroys the key and throws nothing.</summary>
    internal abstract class PrivateHalf : IDisposable
    {
        /// <param name="document">its number in the approval, from 0; asked once for each. The key of a credential goes by the hash alone, whatever this is</param>
        public abstract byte[] Sign(int document, SignatureScheme scheme, ReadOnlySpan<byte> hash, DSASignatureFormat format);

        public abstract void Dispose();
    }

    private sealed class OfDocument(PersonKey key, int document) : SigningKey(
        "person:" + key.Approval.Structure.Approval, KeyPurpose.PersonSignature, key.Algorithm, key.SubjectPublicKeyInfo)
    {
        private protected override byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> hash, DSASignatureFormat format) => key.Sign(document, scheme, hash, format);
    }
}
