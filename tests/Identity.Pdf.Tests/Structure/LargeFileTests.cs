using System.Security.Cryptography;
using System.Text;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.TestKit;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests.Structure;

/// <summary>Files whose bulk is the data of one stream: holes on disk, so that they cost no room.</summary>
public sealed class LargeFileTests : IDisposable
{
    private readonly string path = Path.GetTempFileName();

    public void Dispose() => File.Delete(path);

    [Fact]
    public void A_file_beyond_32_bits_is_signed_and_its_offsets_have_ten_digits()
    {
        LargePdf.Write(path, 4_400_000_000);
        using var bytes = new WithHole(path);
        // Of this thread: others run other tests meanwhile.
        var before = GC.GetAllocatedBytesForCurrentThread();

        var prepared = Prepare(bytes);

        Assert.True(prepared.ByteRange.FirstLength > 4_400_000_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 * 1024 * 1024);
        using (var file = new FileStream(path, FileMode.Append))
            file.Write(prepared.SignedTail([0x30, 0x03, 0x02, 0x01, 0x01])!.Value.Span);
        using var signed = new WithHole(path);
        var document = Assert.IsType<PdfRead.Document>(PdfDocument.Read(signed, new PdfLimits { FileBytes = signed.Length })).Value;
        var signature = Assert.Single(document.Signatures);
        Assert.True(Assert.IsType<ByteRangeCheck.Sound>(signature.ByteRange).CoversWholeDocument);
        Assert.InRange(Assert.IsType<PdfStream>(document.Latest.Resolve(new ObjectId(4, 0))).DataLength, 4_399_000_000, 4_400_000_000);
        // Another program follows the offsets of more than 32 bits.
        Assert.Contains("/SubFilter /ETSI.CAdES.detached", Tool.RunWith("qpdf", ["--show-object=" + signature.Id!.Value.Number, path]).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_at_the_end_of_ten_digits_is_not_signed()
    {
        LargePdf.Write(path, 9_999_999_000);
        using var bytes = new WithHole(path);
        var document = Assert.IsType<PdfRead.Document>(PdfDocument.Read(bytes, new PdfLimits { FileBytes = bytes.Length })).Value;

        Assert.Equal(SignatureRefusal.TooLarge, Assert.IsType<SignaturePreparation.Refused>(SignatureUpdate.Prepare(document, Request)).Reason);
    }

    [Fact]
    public void Hashing_goes_on_where_it_ended_and_other_ends_are_hashed_apart()
    {
        var content = RandomNumberGenerator.GetBytes(300_000);
        File.WriteAllBytes(path, content);
        using var bytes = DocumentBytes.OfFile(path);
        foreach (var (start, room) in new[] { (bytes, 0), ((DocumentBytes)content, 0), ((DocumentBytes)content, 1), ((DocumentBytes)content, 4096) })
        {
            var (one, other) = (start.Append("one"u8.ToArray(), room), start.Append("other"u8.ToArray(), room));
            foreach (var (document, whole) in new[] { (one, Join(content, "one")), (other, Join(content, "other")), (one.Append("!"u8.ToArray()), Join(content, "one!")), (start, content) })
            {
                Assert.Equal(SHA256.HashData(whole), document.Digest(HashAlgorithmName.SHA256));
                Assert.Equal(SHA384.HashData(whole), document.Digest(HashAlgorithmName.SHA384));
                Assert.Equal(whole, document.ToArray());
                using var shorter = document.HashOfPrefix(HashAlgorithmName.SHA256, 1000);
                Assert.Equal(SHA256.HashData(whole.AsSpan(0, 1000)), shorter.GetHashAndReset());
                Assert.Equal(SHA256.HashData(whole.AsSpan(0, 250_000)), document.Prefix(250_000).Digest(HashAlgorithmName.SHA256));
                Assert.Throws<EndOfStreamException>(() => document.Slice(whole.Length, 1));
            }
        }
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(-1, false)]
    public void Caps_what_of_an_object_must_be_in_memory_at_once(int beside, bool isRead)
    {
        var file = PdfBytes.OnePage().Indirect(4, "(" + new string('x', 20_000) + ")").Table().ToArray();
        File.WriteAllBytes(path, file);
        using var bytes = DocumentBytes.OfFile(path);
        // With the character behind endobj, which ends the word.
        var cap = "4 0 obj\n()\nendobj\n".Length + 20_000 + beside;

        var read = PdfDocument.Read(bytes, new PdfLimits { ObjectBytes = cap });

        if (isRead)
            Assert.IsType<PdfRead.Document>(read);
        else
            Assert.Equal(PdfRefusalCode.TooLarge, Assert.IsType<PdfRead.Refused>(read).Refusal.Code);
    }

    private static SignatureRequest Request => new() { ContentsBytes = 1024, SigningTime = DateTimeOffset.UnixEpoch };

    private static PreparedSignature Prepare(DocumentBytes bytes)
    {
        var document = Assert.IsType<PdfRead.Document>(PdfDocument.Read(bytes, new PdfLimits { FileBytes = bytes.Length })).Value;
        return Assert.IsType<SignaturePreparation.Prepared>(SignatureUpdate.Prepare(document, Request)).Signature;
    }

    private static byte[] Join(byte[] content, string behind) => [.. content, .. Encoding.ASCII.GetBytes(behind)];

    /// <summary>The hole of such a file without asking the disk for its zeros.</summary>
    private sealed class WithHole(string path) : DocumentBytes
    {
        private const int Ends = 64 * 1024;
        private readonly DocumentBytes file = OfFile(path);

        public override long Length => file.Length;

        public override void Read(long offset, Span<byte> target)
        {
            if (offset < Ends || offset + target.Length > Length - Ends)
                file.Read(offset, target);
            else
                target.Clear();
        }

        protected override void Dispose(bool disposing)
        {
            file.Dispose();
            base.Dispose(disposing);
        }
    }
}
