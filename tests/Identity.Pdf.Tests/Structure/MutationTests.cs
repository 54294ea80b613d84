using System.Diagnostics;
using System.Text;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests.Structure;

/// <summary>Whatever bytes come, the outcome is a document or a refusal, and a document answers every question.</summary>
public sealed class MutationTests
{
    private static readonly string[] Interesting =
    [
        "/Length 99999999999", "/Prev 9", "/Size 2147483648", "/Kids[3 0 R 3 0 R]", "<<", "[[[[", "(", "<", ">>", "endobj", "stream\n", "endstream",
        "/W[1 8 8]", "/Index[0 999999]", "/N 999999", "/First 99999", "-1", "1 0 R", "65536 65536 R", "%%EOF", "startxref\n0\n%%EOF", "null", "/Type/XRef",
        "/Predictor 15/Columns 1000000", "/ByteRange[0 1 2 3]", "/Contents<>", "9223372036854775808", "\0", "#00", "/Filter[/FlateDecode/FlateDecode]",
    ];

    [Fact]
    public void Mutated_files_never_escape_as_exceptions()
    {
        var seeds = CorpusFile.All().Where(file => new FileInfo(file.Path).Length < 60_000).Select(file => file.Bytes()).ToList();
        var limits = new PdfLimits { DecodedStreamBytes = 1 << 20, DecodedBytes = 4 << 20, Values = 200_000 };
        var clock = Stopwatch.StartNew();
        var runs = 0;
        for (; runs < 6000 && clock.Elapsed < TimeSpan.FromSeconds(20); runs++)
        {
            var mutated = Mutate(seeds[runs % seeds.Count], seed: runs);
            try
            {
                if (PdfDocument.Read(mutated, limits) is PdfRead.Document { Value: var document })
                    Use(document);
            }
            catch (Exception exception)
            {
                Assert.Fail($"run {runs}: {exception}");
            }
        }
        Assert.True(runs >= 1000, $"only {runs} runs in 20 seconds");
    }

    [Fact]
    public void Truncated_files_never_escape_as_exceptions()
    {
        var clock = Stopwatch.StartNew();
        foreach (var file in CorpusFile.All().Where(file => new FileInfo(file.Path).Length < 30_000))
        {
            var bytes = file.Bytes();
            for (var length = bytes.Length - 1; length > 0 && clock.Elapsed < TimeSpan.FromSeconds(15); length -= 1 + bytes.Length / 40)
            {
                if (PdfDocument.Read(bytes.AsMemory(0, length)) is PdfRead.Document { Value: var document })
                    Use(document);
            }
        }
    }

    private static void Use(PdfDocument document)
    {
        foreach (var revision in document.Revisions)
        {
            var view = document.AsOf(revision.Number);
            _ = view.Pages;
            _ = view.Form;
            _ = view.SecurityStore;
            foreach (var change in revision.Changes)
            {
                var value = view.Resolve(change.Id);
                _ = view.Closure.PathTo(change.Id);
                _ = view.Closure.PagesOf(change.Id);
                _ = view.Closure.FieldsOf(change.Id);
                _ = view.Closure.UsesOf(change.Id).Count;
                Assert.True(ObjectComparison.SameBytes(value, value));
                _ = ObjectComparison.SameValue(value, value);
                if (value is PdfStream stream)
                    _ = view.Decode(stream);
            }
        }
        foreach (var signature in document.Signatures)
        {
            if (signature.ByteRange is ByteRangeCheck.Sound sound)
                Assert.NotNull(ByteRangeDigest.Compute(document, sound.Range, System.Security.Cryptography.HashAlgorithmName.SHA256));
        }
        var request = new SignatureRequest { ContentsBytes = 100, SigningTime = DateTimeOffset.UnixEpoch };
        if (SignatureUpdate.Prepare(document, request) is not SignaturePreparation.Prepared { Signature: var prepared })
            return;
        var signed = Assert.IsType<SignedPdf.Written>(prepared.WriteSigned([0x30, 0]));
        // What we wrote ourselves, we read again, one revision longer.
        var again = Assert.IsType<PdfRead.Document>(PdfDocument.Read(signed.File)).Value;
        Assert.Equal(document.Revisions.Count + 1, again.Revisions.Count);
    }

    private static byte[] Mutate(byte[] file, int seed)
    {
        // A fixed sequence: a failure names its run and can be repeated.
        var state = (uint)seed * 2654435761 + 12345;
        int Next(int most)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            return (int)(state % (uint)Math.Max(1, most));
        }

        var bytes = new List<byte>(file);
        for (var change = 1 + Next(4); change > 0; change--)
        {
            var at = Next(bytes.Count);
            var text = Encoding.Latin1.GetBytes(Interesting[Next(Interesting.Length)]);
            switch (Next(6))
            {
                case 0: bytes[at] ^= (byte)(1 << Next(8)); break;
                case 1: bytes[at] = (byte)Next(256); break;
                case 2: bytes.InsertRange(at, text); break;
                case 3: bytes.RemoveRange(at, Math.Min(1 + Next(30), bytes.Count - at)); break;
                case 4:
                    for (var index = 0; index < text.Length && at + index < bytes.Count; index++)
                        bytes[at + index] = text[index];
                    break;
                default: Digit(bytes, at, Next(10)); break;
            }
        }
        return [.. bytes];
    }

    /// <summary>Changes the next digit: lengths, offsets and references stay numbers.</summary>
    private static void Digit(List<byte> bytes, int from, int digit)
    {
        for (var at = from; at < bytes.Count; at++)
        {
            if (bytes[at] is >= (byte)'0' and <= (byte)'9')
            {
                bytes[at] = (byte)('0' + digit);
                return;
            }
        }
    }
}
