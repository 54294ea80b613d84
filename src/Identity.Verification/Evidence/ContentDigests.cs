using System.Security.Cryptography;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Pkix.Asn1;

namespace Identity.Verification.Evidence;

/// <summary>
/// Digests of what the signatures of a document cover. Each is made once, and what one signature covers up to its Contents is not hashed again
/// for the next, so that a document of many revisions costs as much as its length and not its square. Not for use by several threads.
/// </summary>
public sealed class ContentDigests(PdfDocument document) : IDisposable
{
    // Revision upon revision hashes each byte twice at most: before the next Contents, and behind its own.
    private const int TimesTheFile = 4;
    private const long BytesOfAnyFile = 64L * 1024 * 1024;

    // RFC 8419 2.3, RFC 8702 2: 512 bits of output, by either identifier.
    private const int Shake256Bytes = 64;

    private readonly Dictionary<(ByteRange, string), byte[]?> known = [];
    private readonly Dictionary<HashAlgorithmName, (long Length, RunningDigest Digest)> running = [];
    private IncrementalHash? first;
    private long firstLength;

    public static bool IsShake256(string oid) => oid is Oids.Shake256 or Oids.Shake256WithLength;

    /// <summary>Many signatures that each cover all of a large file: nobody's revisions, and hours of hashing. Null when it is not so.</summary>
    public static PdfRefusal? Refuse(PdfDocument document)
    {
        var most = BytesOfAnyFile + (TimesTheFile * document.Bytes.Length);
        long hashed = 0, prefix = 0;
        foreach (var range in document.Signatures.Select(signature => RangeOf(signature.ByteRange)).OfType<ByteRange>().Distinct().Where(range => IsInside(range, document.Bytes)))
        {
            hashed += range.FirstEnd - (range.FirstStart == 0 && range.FirstEnd >= prefix ? prefix : range.FirstStart) + range.SecondLength;
            prefix = range.FirstStart == 0 ? Math.Max(prefix, range.FirstEnd) : prefix;
        }
        return hashed <= most ? null : new PdfRefusal(PdfRefusalCode.TooLarge, $"the signatures together cover more than {most} bytes");
    }

    /// <summary>The ranges, when they can be hashed at all: an unsound ByteRange is still hashed, so that the report can say what it covers.</summary>
    public static ByteRange? RangeOf(ByteRangeCheck check) => check switch
    {
        ByteRangeCheck.Sound sound => sound.Range,
        ByteRangeCheck.Unsound unsound => unsound.Range,
        _ => throw new InvalidOperationException("a ByteRange is sound or unsound"),
    };

    /// <summary>Null when the ranges do not lie in the file, or the algorithm is not computed here.</summary>
    public byte[]? Of(ByteRange range, string digestOid)
    {
        if (!known.TryGetValue((range, digestOid), out var digest))
            known[(range, digestOid)] = digest = IsInside(range, document.Bytes) ? Compute(range, digestOid) : null;
        return digest;
    }

    /// <summary>A SHA-256 that has taken the first bytes of the file, to be gone on with and disposed of. Cheap when asked for less first and more later.</summary>
    public IncrementalHash Sha256OfFirst(long length)
    {
        if (first is null || length < firstLength)
        {
            first?.Dispose();
            (first, firstLength) = (IncrementalHash.CreateHash(HashAlgorithmName.SHA256), 0);
        }
        document.Bytes.AddTo(first, firstLength, length - firstLength);
        firstLength = length;
        return first.Clone();
    }

    public void Dispose() => first?.Dispose();

    private byte[]? Compute(ByteRange range, string digestOid)
    {
        if (IsShake256(digestOid) && Shake256.IsSupported)
        {
            using var shake = new Shake256();
            document.Bytes.ForEach(range.FirstStart, range.FirstLength, part => shake.AppendData(part.Span));
            document.Bytes.ForEach(range.SecondStart, range.SecondLength, part => shake.AppendData(part.Span));
            return shake.GetHashAndReset(Shake256Bytes);
        }
        if (Digests.ToVerify(digestOid) is not { } name)
            return null;
        if (Digests.Start(name) is { } other)
            return Compute(range, name, other);
        using var hash = range.FirstStart == 0 ? document.Bytes.HashOfPrefix(name, range.FirstLength) : IncrementalHash.CreateHash(name);
        if (range.FirstStart != 0)
            document.Bytes.AddTo(hash, range.FirstStart, range.FirstLength);
        document.Bytes.AddTo(hash, range.SecondStart, range.SecondLength);
        return hash.GetHashAndReset();
    }

    /// <summary>What System.Security.Cryptography lacks: ten times as slow, so here too what came before is not hashed again.</summary>
    private byte[] Compute(ByteRange range, HashAlgorithmName name, RunningDigest digest)
    {
        var (length, prefix) = range.FirstStart == 0 && running.TryGetValue(name, out var known) && known.Length <= range.FirstLength ? known : (0, digest);
        document.Bytes.ForEach(range.FirstStart + length, range.FirstLength - length, part => prefix.Append(part.Span));
        if (range.FirstStart == 0)
            running[name] = (range.FirstLength, prefix.Copy());
        document.Bytes.ForEach(range.SecondStart, range.SecondLength, part => prefix.Append(part.Span));
        return prefix.Finish();
    }

    private static bool IsInside(ByteRange range, DocumentBytes file) =>
        range is { FirstStart: >= 0, FirstLength: >= 0, SecondStart: >= 0, SecondLength: >= 0 } && range.FirstEnd <= file.Length && range.End <= file.Length;
}
