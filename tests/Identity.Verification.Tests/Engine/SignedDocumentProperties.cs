using System.Globalization;
using CsCheck;
using Identity.Pkix.Asn1;
using Identity.Pkix.Cms;
using Identity.Verification.Reports;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.Engine;

/// <summary>
/// What holds for every document, position and bit: random ones, shrunk by CsCheck to the smallest that fails. A failure prints a seed with which it is repeated
/// (CsCheck_Seed).
/// </summary>
public sealed class SignedDocumentProperties(Hierarchy hierarchy)
{
    private static readonly Gen<string> Word = Gen.Char['a', 'z'].Array[1, 20].Select(letters => new string(letters));

    /// <summary>A page with words, revisions before the signature, who signs, how it is laid out.</summary>
    private sealed record Case(string Words, string Page, string[] Revisions, string Signer, string SubFilter, string Rectangle)
    {
        public byte[] Sign(Hierarchy hierarchy)
        {
            var file = HandMadePdf.Plain(page: Page);
            foreach (var revision in Revisions)
                file = HandMadePdf.Append(file, (50, $"({revision})"));
            return hierarchy.Sign(HandMadePdf.Append(file, (51, $"[({Words})]")), CmsShape.By(Signer), new SignatureShape { SubFilter = SubFilter, Rectangle = Rectangle, Page = Page });
        }
    }

    private static readonly Gen<Case> Cases = Gen.Select(Word, OneOf("", "/Rotate 90", "/UserUnit 2", "/CropBox[10 10 500 800]"), Word.Array[0, 3], OneOf("liis", "wei", "brief"),
        OneOf("ETSI.CAdES.detached", "adbe.pkcs7.detached"), OneOf("[0 0 0 0]", "[50 50 200 100]"),
        (words, page, revisions, signer, format, rectangle) => new Case(words, page, revisions, signer, format, rectangle));

    private Task<ValidationReport> Report(byte[] file) => Validating.Report(file, hierarchy);

    [Fact]
    public Task What_is_signed_passes() => Cases.SampleAsync(async one =>
    {
        var report = await Report(one.Sign(hierarchy));
        Assert.Equal(("TOTAL-PASSED", "intact"), (report.Only().Verdict(), report.Integrity));
        Assert.True(report.Only().CoversWholeDocument);
    }, iter: 60, threads: 1);

    [Fact]
    public Task Any_bit_under_the_ByteRange_that_is_turned_does_not_pass() => Gen.Select(Cases, Gen.Double[0, 1].Array[12], Gen.Int[0, 7]).SampleAsync(async (one, places, bit) =>
    {
        var file = one.Sign(hierarchy);
        var (start, end) = Contents(file);
        var covered = file.Length - (end - start);
        foreach (var place in places)
        {
            var at = Math.Min((int)(place * covered), covered - 1);
            var report = await Report(Turned(file, at < start ? at : at - start + end, bit));
            Assert.False(report.HasPassed, $"bit {bit} of byte {at}");
        }
    }, iter: 40, threads: 1);

    [Fact]
    public Task Any_bit_of_the_ByteRange_itself_that_is_turned_does_not_pass() => Cases.SampleAsync(async one =>
    {
        var file = one.Sign(hierarchy);
        var start = HandMadePdf.Find(file, "/ByteRange[");
        var length = HandMadePdf.Find(file[start..], "]");
        for (var at = start; at <= start + length; at++)
        {
            for (var bit = 0; bit < 8; bit += 3)
                Assert.False((await Report(Turned(file, at, bit))).HasPassed, $"bit {bit} of byte {at}");
        }
    }, iter: 2, threads: 1);

    /// <summary>Contents stands in the gap: what is turned there may be no part of what is signed, but then it changes nothing that is said.</summary>
    [Fact]
    public Task Any_bit_of_Contents_that_is_turned_does_not_pass_or_changes_nothing_that_is_said() => Gen.Select(Cases, Gen.Double[0, 1].Array[12], Gen.Int[0, 7]).SampleAsync(async (one, places, bit) =>
    {
        var file = one.Sign(hierarchy);
        var (start, end) = Contents(file);
        var before = (await Report(file)).Only();
        // A third goes to the padding, which is most of it.
        var filled = HandMadePdf.Find(file[start..end], new string('0', 200));
        foreach (var place in places)
        {
            var report = await Report(Turned(file, start + (int)(place * filled * 1.5), bit));
            if (report.HasPassed)
                Assert.Equal((before.SignedBy, before.Level, before.ClaimedSigningTime), (report.Only().SignedBy, report.Only().Level, report.Only().ClaimedSigningTime));
        }
    }, iter: 40, threads: 1);

    [Fact]
    public Task Whatever_is_cut_off_or_added_is_seen() => Gen.Select(Cases, Gen.Double[0, 1].Array[6], Gen.Byte.Array[1, 40], OneOf("", "\n", "%%EOF\n", "startxref\n0\n%%EOF\n", "9 0 obj\n(x)\nendobj\n")).SampleAsync(async (one, places, bytes, text) =>
    {
        var file = one.Sign(hierarchy);
        foreach (var place in places)
            Assert.False((await Report(file[..(int)(place * (file.Length - 1))])).HasPassed, $"cut at {place}");
        foreach (var more in new[] { bytes, [.. System.Text.Encoding.ASCII.GetBytes(text), .. bytes], [.. bytes, .. System.Text.Encoding.ASCII.GetBytes(text)] })
        {
            var report = await Report([.. file, .. more]);
            Assert.False(report.HasPassed && report.Only().CoversWholeDocument, Convert.ToHexString(more));
        }
    }, iter: 40, threads: 1);

    [Fact]
    public void A_changed_CMS_is_read_or_refused_as_malformed()
    {
        var seed = hierarchy.Cms("content"u8.ToArray(), CmsShape.By("liis", timestamp: "stamps"));
        var change = Gen.Select(Gen.Double[0, 0.999999], Gen.Byte, Gen.Int[0, 3], Gen.Int[1, 8]);
        change.Array[1, 5].Sample(changes =>
        {
            var bytes = seed.ToList();
            foreach (var (place, value, kind, length) in changes)
            {
                var at = (int)(place * bytes.Count);
                switch (kind)
                {
                    case 0: bytes[at] = value; break;
                    case 1: bytes[at] ^= (byte)(1 << (value & 7)); break;
                    case 2: bytes.RemoveRange(at, Math.Min(length, bytes.Count - at)); break;
                    default: bytes.InsertRange(at, Enumerable.Repeat(value, length)); break;
                }
                if (bytes.Count == 0)
                    return;
            }
            try
            {
                var signed = SignedData.Parse(bytes.ToArray());
                foreach (var signer in signed.Signers)
                    _ = (signer.ContentType, signer.MessageDigest, signer.SigningTime, signer.SigningCertificates, signer.RevocationArchival, signer.ClaimedRoles, signer.SignatureTimestamps.Count());
            }
            catch (MalformedException)
            {
                // The one refusal that there is.
            }
        }, iter: 4000, threads: 1);
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(at => values[at]);

    private static byte[] Turned(byte[] file, int at, int bit)
    {
        var copy = file.ToArray();
        copy[at] ^= (byte)(1 << bit);
        return copy;
    }

    /// <summary>From the angle bracket to behind the other.</summary>
    private static (int Start, int End) Contents(byte[] file)
    {
        var numbers = System.Text.Encoding.Latin1.GetString(file)[HandMadePdf.Find(file, "/ByteRange[")..].Split('[', ']')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return (int.Parse(numbers[1], CultureInfo.InvariantCulture), int.Parse(numbers[2], CultureInfo.InvariantCulture));
    }
}
