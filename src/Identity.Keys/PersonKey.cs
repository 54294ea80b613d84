using System.Security.Cryptography;
using Identity.Keys.Activation;

namespace Identity.Keys;

/// <summary>
/// A person's signing key (EC P-256): made for one verified approval, signs exactly one hash and is gone after <see cref="Dispose"/>.
/// A second hash throws <see cref="KeyUnavailableException"/>, also when asked in parallel.
/// </summary>
public sealed class PersonKey : SigningKey, IDisposable
{
    private readonly Lock _lock = new();
    private PrivateHalf? _half;

    internal PersonKey(VerifiedApproval approval, PrivateHalf half, ReadOnlyMemory<byte> subjectPublicKeyInfo, ReadOnlyMemory<byte> certificationRequest)
        : base("person:" + approval.Structure.Approval, KeyPurpose.PersonSignature, KeyAlgorithm.EcdsaP256, subjectPublicKeyInfo)
    {
        _half = half;
        Approval = approval;
        CertificationRequest = certificationRequest;
    }

    /// <summary>What the person approved; nothing else gives such a key.</summary>
    public VerifiedApproval Approval { get; }

    /// <summary>DER PKCS#10 that proves possession (RFC 2986); made with the key, before its one signature. Its subject is the approval id only:
    /// the Authority takes the person's name from the evidence.</summary>
    public ReadOnlyMemory<byte> CertificationRequest { get; }

    /// <summary>Destroys the key; calling it again does nothing.</summary>
    public void Dispose()
    {
        lock (_lock)
            Destroy();
    }

    private protected override byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> hash, DSASignatureFormat format)
    {
        lock (_lock)
        {
            if (_half is null)
                throw new KeyUnavailableException($"Key '{Name}' has been used or destroyed.");
            try
            {
                return _half.Sign(scheme, hash, format);
            }
            finally
            {
                // Also after a failure: nothing tells how far it came.
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
        public abstract byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> hash, DSASignatureFormat format);

        public abstract void Dispose();
    }
}
