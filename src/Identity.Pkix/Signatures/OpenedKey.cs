using System.Security.Cryptography;

namespace Identity.Pkix.Signatures;

/// <summary>
/// The framework's object of one public key, kept from one verification to the next: to open an EC key, OpenSSL multiplies its point by the order of the curve,
/// which costs twice what the verification does. The objects are not promised to be safe for several threads, so who verifies takes it away meanwhile.
/// </summary>
internal sealed class OpenedKey
{
    private AsymmetricAlgorithm? idle;

    /// <summary>Null when it was not opened yet, or somebody else has it.</summary>
    public AsymmetricAlgorithm? Take() => Interlocked.Exchange(ref idle, null);

    /// <summary>One is kept; its finalizer releases it after the key's last use.</summary>
    public void PutBack(AsymmetricAlgorithm key)
    {
        if (Interlocked.CompareExchange(ref idle, key, null) is not null)
            key.Dispose();
    }
}
