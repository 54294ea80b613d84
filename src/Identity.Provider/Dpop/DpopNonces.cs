using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace Identity.Provider.Dpop;

/// <summary>
/// Nonces for proofs (RFC 9449 8): the sealed moment at which each was given out, so nothing is stored and every instance knows every instance's.
/// A proof with one was made no earlier than that, whatever the client's clock says.
/// </summary>
internal sealed class DpopNonces(IDataProtectionProvider protection, TimeProvider time)
{
    /// <summary>How long one may be used.</summary>
    internal static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    private const int LongestNonce = 512;

    private readonly IDataProtector protector = protection.CreateProtector("DPoP nonce");

    public string New()
    {
        var moment = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(moment, time.GetUtcNow().ToUnixTimeSeconds());
        return Base64Url.EncodeToString(protector.Protect(moment));
    }

    public bool IsCurrent(string nonce)
    {
        if (nonce.Length > LongestNonce || DpopProof.Decode(nonce) is not { } sealedMoment)
            return false;
        try
        {
            var age = time.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(protector.Unprotect(sealedMoment)));
            // Another instance's clock may be a little ahead.
            return age <= Life && age >= -DpopProof.Skew;
        }
        catch (CryptographicException)
        {
            // Not one of ours.
            return false;
        }
    }
}
