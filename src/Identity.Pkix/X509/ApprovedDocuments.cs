using System.Formats.Asn1;

namespace Identity.Pkix.X509;

/// <summary>
/// A certificate extension of this project: the documents for which the certificate's key was made, so that the key serves for no other.
/// <c>ApprovedDocuments ::= SEQUENCE SIZE (1..100) OF OCTET STRING (SIZE (32))</c>, each the SHA-256 of a whole document as it was approved,
/// before it was signed. Not critical: who does not know it sees an ordinary certificate.
/// </summary>
public static class ApprovedDocuments
{
    /// <summary>Below an enterprise arc that belongs to nobody: for development. An operator sets one of their own.</summary>
    public const string ExampleOid = "1.3.6.1.4.1.99999.2.1";

    public const int Most = 100;

    /// <summary>Bytes of each digest.</summary>
    public const int DigestLength = 32;

    /// <exception cref="ArgumentException">none or more than 100 digests, or one that has not 32 bytes</exception>
    public static Extension Make(string oid, IReadOnlyList<ReadOnlyMemory<byte>> digests)
    {
        if (digests.Count is 0 or > Most || digests.Any(digest => digest.Length != DigestLength))
            throw new ArgumentException($"must be 1 to {Most} digests of {DigestLength} bytes", nameof(digests));
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (var digest in digests)
                writer.WriteOctetString(digest.Span);
        }

        return new Extension(oid, false, writer.Encode());
    }

    /// <summary>The digests; null when the value has another form.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>>? Read(ReadOnlyMemory<byte> value)
    {
        try
        {
            var outer = new AsnReader(value, AsnEncodingRules.DER);
            var sequence = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            var digests = new List<ReadOnlyMemory<byte>>();
            while (sequence.HasData)
            {
                if (digests.Count == Most || sequence.ReadOctetString() is not { Length: DigestLength } digest)
                    return null;
                digests.Add(digest);
            }

            return digests.Count > 0 ? digests : null;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }
}
