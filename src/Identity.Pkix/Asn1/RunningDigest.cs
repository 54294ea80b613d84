using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Utilities;

namespace Identity.Pkix.Asn1;

/// <summary>A digest that System.Security.Cryptography lacks, taken piece by piece. Not for use by several threads.</summary>
public sealed class RunningDigest
{
    private readonly IDigest digest;

    internal RunningDigest(IDigest digest) => this.digest = digest;

    public void Append(ReadOnlySpan<byte> data) => digest.BlockUpdate(data);

    /// <summary>Another one that has taken the same bytes.</summary>
    public RunningDigest Copy() => new((IDigest)((IMemoable)digest).Copy());

    /// <summary>The digest of all that was appended; this object starts anew then.</summary>
    public byte[] Finish()
    {
        var value = new byte[digest.GetDigestSize()];
        digest.DoFinal(value);
        return value;
    }
}
