using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Keys.Activation;

namespace Identity.Keys;

/// <summary>
/// The key (EC P-256 or RSA-3072, which sign SHA-256 hashes) of a person's credential for one session of remote signing. It is made before anybody knows what it will sign, so it signs
/// nothing until one verified approval, which names its certificate, enables it; then it signs exactly the hashes of that approval, each as often as
/// it is there, and is gone after the last or after <see cref="Dispose"/>. Everything else throws <see cref="KeyUnavailableException"/>, also when
/// asked in parallel.
/// </summary>
public sealed class SessionKey : SigningKey, IDisposable
{
    private readonly Lock _lock = new();
    private Half? _half;
    private List<byte[]>? _left;

    internal SessionKey(string name, KeyAlgorithm algorithm, Half half, ReadOnlyMemory<byte> subjectPublicKeyInfo, ReadOnlyMemory<byte> certificationRequest)
        : base("credential:" + name, KeyPurpose.PersonSignature, algorithm, subjectPublicKeyInfo)
    {
        _half = half;
        CertificationRequest = certificationRequest;
        Scheme = PersonKeys.SchemeOf(algorithm, SHA256.HashSizeInBytes) ?? throw new ArgumentOutOfRangeException(nameof(algorithm));
    }

    /// <summary>The one way in which it signs.</summary>
    public SignatureScheme Scheme { get; }

    /// <summary>DER PKCS#10 that proves possession (RFC 2986). Its subject is a random name.</summary>
    public ReadOnlyMemory<byte> CertificationRequest { get; }

    /// <summary>SHA-256 of the certificate, base64url: what approvals name. Null before <see cref="Certified"/>.</summary>
    public string? Credential { get; private set; }

    /// <summary>The identifier of a credential with this certificate (DER).</summary>
    public static string IdentifierOf(ReadOnlySpan<byte> certificate) => Base64Url.EncodeToString(SHA256.HashData(certificate));

    /// <summary>Tells the key its certificate (DER), once.</summary>
    /// <exception cref="ArgumentException">it is another key's</exception>
    public void Certified(ReadOnlySpan<byte> certificate)
    {
        using var read = X509CertificateLoader.LoadCertificate(certificate);
        if (!read.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(SubjectPublicKeyInfo.Span))
            throw new ArgumentException("The certificate is another key's.", nameof(certificate));
        lock (_lock)
            Credential = Credential is null ? IdentifierOf(certificate) : throw new InvalidOperationException($"Key '{Name}' has its certificate.");
    }

    /// <summary>Enables the key for the hashes of this approval, once. A <see cref="VerifiedApproval"/> is the only thing that does, and does it once.</summary>
    /// <exception cref="KeyUnavailableException">the approval names another credential, or has enabled a key; or this key is enabled, used up or destroyed</exception>
    public void Enable(VerifiedApproval approval)
    {
        lock (_lock)
        {
            if (_half is null || _left is not null)
                throw new KeyUnavailableException($"Key '{Name}' has been enabled or destroyed.");
            if (Credential is null || approval.Structure.Credential != Credential)
                throw new KeyUnavailableException($"Approval '{approval.Structure.Approval}' is not for key '{Name}'.");
            if (!approval.TakeKey())
                throw new KeyUnavailableException($"Approval '{approval.Structure.Approval}' has already enabled its key.");
            _left = [.. approval.Structure.Signatures.Select(signature => Base64Url.DecodeFromChars(signature.Hash))];
            _half.Enable(_left);
        }
    }

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
            if (scheme != Scheme || _half is null || !Take(hash))
                throw new KeyUnavailableException($"Key '{Name}' is not enabled for this hash, has signed it, or is destroyed.");
            try
            {
                return _half.Sign(0, scheme, hash, format);
            }
            finally
            {
                if (_left!.Count == 0)
                    Destroy();
            }
        }
    }

    // Before it is signed: after a failure nothing tells how far that came.
    private bool Take(ReadOnlySpan<byte> hash)
    {
        for (var i = 0; i < _left?.Count; i++)
        {
            if (!hash.SequenceEqual(_left[i]))
                continue;
            _left.RemoveAt(i);
            return true;
        }

        return false;
    }

    private void Destroy()
    {
        _half?.Dispose();
        _half = null;
    }

    /// <summary>What can sign, wherever it is; told once which hashes.</summary>
    internal abstract class Half : PersonKey.PrivateHalf
    {
        public abstract void Enable(IReadOnlyList<byte[]> hashes);
    }
}
