using System.Globalization;
using System.Text;

namespace Identity.TestKit.Pdf;

/// <summary>A file made to cost a verifier time or memory.</summary>
/// <param name="Name">One word for tables.</param>
/// <param name="Make">The file; made anew each time.</param>
public sealed record HostilePdf(string Name, Func<byte[]> Make)
{
    private const int Long = 4_000_000;

    /// <summary>Every kind, small ones first.</summary>
    public static IReadOnlyList<HostilePdf> All { get; } =
    [
        new("double-flate-bomb", () => InObjectStream("/Filter[/FlateDecode/FlateDecode]", PdfBytes.Deflate(PdfBytes.Deflate(new byte[200_000_000])))),
        new("flate-bombs", () => ManyObjectStreams(90, "/Filter/FlateDecode", PdfBytes.Deflate(new byte[33_000_000]))),
        new("damaged-bombs", () => ManyObjectStreams(90, "/Filter/FlateDecode", [.. PdfBytes.Deflate(new byte[33_000_000])[..^8], .. "garbage!"u8])),
        new("full-streams", FullObjectStreams),
        new("lzw-bomb", () => InObjectStream("/Filter[/FlateDecode/LZWDecode]", PdfBytes.Deflate(LzwRun(300_000)))),
        new("run-length-bomb", () => InObjectStream("/Filter[/FlateDecode/RunLengthDecode]", PdfBytes.Deflate(Repeat([129, 32], 400_000)))),
        new("ascii85-bomb", () => InObjectStream("/Filter[/FlateDecode/ASCII85Decode]", PdfBytes.Deflate(Repeat("z"u8.ToArray(), 30_000_000)))),
        new("predictor-rows", () => ManyObjectStreams(1000, "/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 1048576/Colors 32/BitsPerComponent 16>>", PdfBytes.Deflate([0, 32]))),
        new("predictor-bomb", () => InObjectStream("/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 1>>", PdfBytes.Deflate(Repeat([4, 32], 16_000_000)))),
        new("section-stream-bomb", () => SectionStream("/W[1 4 2]/Size 8388607", PdfBytes.Deflate(new byte[60_000_000]))),
        new("section-of-entries-at-nought", () => SectionStream("/W[1 4 2]/Size 999990", PdfBytes.Deflate(Repeat([1, 0, 0, 0, 0, 0, 0], 999_990)))),
        new("section-of-entries-outside", () => SectionStream("/W[1 4 2]/Size 999990", PdfBytes.Deflate(Repeat([1, 255, 0, 0, 0, 0, 0], 999_990)))),
        new("section-of-free-entries", () => SectionStream("/W[1 4 2]/Size 999990", PdfBytes.Deflate(new byte[7 * 999_990]))),
        new("section-of-no-width", () => SectionStream("/W[0 1 0]/Size 8388607", PdfBytes.Deflate(new byte[8_388_607]))),
        new("section-index-repeated", () => SectionStream("/W[1 4 2]/Size 10/Index[" + Many(200_000, _ => "0 5 ") + "]", PdfBytes.Deflate(new byte[7_000_000]))),
        new("size-huge", () => Replaced("/Size 4", "/Size 2147483648")),
        new("prev-self", PreviousItself),
        new("prev-circle", () => PdfBytes.OnePage().Table("/Prev 9").ToArray()),
        new("page-tree-circle", () => PdfBytes.OnePage().Indirect(2, "<</Type/Pages/Kids[3 0 R 2 0 R 4 0 R]/Count 9/Parent 4 0 R>>").Indirect(4, "<</Type/Pages/Kids[2 0 R 4 0 R]/Parent 2 0 R>>").Table().ToArray()),
        new("page-tree-wide", () => PdfBytes.OnePage().Indirect(2, $"<</Type/Pages/Kids[{Many(900_000, _ => "3 0 R ")}]/Count 9>>").Table().ToArray()),
        new("page-tree-comb", PageTreeComb),
        new("form-circle", () => Form("4 0 R 5 0 R", (4, "<</T(a)/Kids[5 0 R 4 0 R]/Parent 5 0 R>>"), (5, "<</T(b)/Kids[4 0 R]/Parent 4 0 R>>"))),
        new("form-long-names", () => Form(Many(900, at => $"{at + 100} 0 R "), [(99, $"({new string('x', Long)})"), .. Enumerable.Range(100, 900).Select(at => (at, "<</FT/Tx/T 99 0 R>>"))])),
        new("fields-20000", () => Form(Many(20_000, at => $"{at + 100} 0 R "), [.. Enumerable.Range(100, 20_000).Select(at => (at, $"<</FT/Sig/T(f{at})>>"))])),
        new("fields-20000-one-signature", () => Form(Many(20_000, at => $"{at + 100} 0 R "),
            [(99, "<</Type/Sig/Contents<00>/ByteRange[0 1 2 3]>>"), .. Enumerable.Range(100, 20_000).Select(at => (at, $"<</FT/Sig/T(f{at})/V 99 0 R>>"))])),
        new("signatures-10000", () => Signatures(10_000, "/Contents<3000>")),
        new("signatures-256-one-contents", () => Signatures(256, "/Contents 9 0 R", (9, "<" + new string('3', 2 * Long) + ">"))),
        new("signatures-256-one-reason", () => Signatures(256, "/Contents<3000>/Reason 9 0 R/Name 9 0 R/Location 9 0 R/ContactInfo 9 0 R/M 9 0 R", (9, $"({new string('x', Long)})"))),
        new("signatures-256-references", () => Signatures(256, $"/Contents<3000>/Reference[{Many(300, _ => "9 0 R ")}]",
            (9, "<</TransformMethod/FieldMDP/TransformParams 10 0 R>>"), (10, $"<</Action/Include/Fields[{Many(300_000, _ => "(a)")}]>>"))),
        new("signatures-256-hash-all", () => HashedAgain(256, 20_000_000)),
        new("cms-signers-10000", () => Signatures(1, $"/Contents<{Convert.ToHexString(Cms(signers: 10_000))}>")),
        new("cms-certificates-10000", () => Signatures(1, $"/Contents<{Convert.ToHexString(Cms(certificates: 10_000))}>")),
        new("cms-nesting", () => Signatures(250, $"/Contents<{Convert.ToHexString(Repeat([0x30, 0x80], 5_000))}>")),
        new("cms-many-small-values", () => Signatures(1, $"/Contents<{Convert.ToHexString(Nested(Repeat([0x05, 0x00], 1_500_000)))}>")),
        new("store-of-streams", () => Store(20_000, "x")),
        new("store-of-texts", () => StoreOfTexts(4_000)),
        new("revisions-10000", () => Revisions(10_000)),
        new("revisions-500", () => Revisions(500)),
        new("revisions-500-of-many-pages", RevisionsOfManyPages),
        new("ends-of-file", () => PdfBytes.OnePage().Text(Many(99_990, _ => "startxref\n9\n%%EOF\n")).Table().ToArray()),
        new("ends-of-file-unreadable", EarlierEndsUnreadable),
        new("nested-arrays-200000", () => PdfBytes.OnePage().Indirect(4, new string('[', 200_000) + new string(']', 200_000)).Table().ToArray()),
        new("nested-dictionaries-200000", () => PdfBytes.OnePage().Indirect(4, Many(200_000, _ => "<</A ")).Table().ToArray()),
        new("empty-arrays", () => PdfBytes.OnePage().Indirect(4, "[" + Many(990_000, _ => "[]") + "]").Table().ToArray()),
        new("names-and-keys", () => PdfBytes.OnePage().Indirect(4, "<<" + Many(450_000, at => $"/k{at} {at}") + ">>").Table().ToArray()),
        new("values-6000000", () => Compressed(6, 940_000, "0 ")),
        new("dictionaries-3000000", () => Compressed(6, 480_000, "<<>>")),
        new("comments", () => PdfBytes.OnePage().Indirect(4, "[" + Many(90_000, _ => "1 %" + new string('c', 100) + "\n") + "]").Table().ToArray()),
        new("open-strings", () => PdfBytes.OnePage().Indirect(4, "[" + new string('(', 5_000_000) + "]").Table().ToArray()),
        new("entries-on-one-string", EntriesOnOneString),
        new("references-changed", () => ManyReferences(60_000)),
        new("metadata-entities", MetadataEntities),
        new("objects-300000", () => Objects(300_000)),
    ];

    private static byte[] Repeat(byte[] part, int count)
    {
        var all = new byte[part.Length * count];
        for (var at = 0; at < all.Length; at += part.Length)
            part.CopyTo(all, at);
        return all;
    }

    private static string Many(int count, Func<int, string> item)
    {
        var text = new StringBuilder();
        for (var at = 0; at < count; at++)
            text.Append(item(at));
        return text.ToString();
    }

    private static byte[] Replaced(string what, string by) =>
        Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(PdfBytes.OnePage().Table().ToArray()).Replace(what, by, StringComparison.Ordinal));

    private static byte[] InObjectStream(string filter, byte[] data) => PdfBytes.OnePage().Stream(5, "/Type/ObjStm/N 1/First 4" + filter, data)
        .SectionStream(9, new Dictionary<int, (int, int)> { [6] = (5, 0) }).ToArray();

    private static byte[] ManyObjectStreams(int count, string filter, byte[] data)
    {
        var file = PdfBytes.OnePage();
        var entries = new Dictionary<int, (int, int)>();
        for (var at = 0; at < count; at++)
        {
            file.Stream(10 + at, "/Type/ObjStm/N 1/First 4" + filter, data);
            entries[10_000 + at] = (10 + at, 0);
        }
        return file.SectionStream(9_999, entries).ToArray();
    }

    /// <summary>Three object streams, each a string of almost as many bytes as may be decoded.</summary>
    private static byte[] FullObjectStreams()
    {
        var file = PdfBytes.OnePage();
        var entries = new Dictionary<int, (int, int)>();
        for (var at = 0; at < 3; at++)
        {
            file.ObjectStream(10 + at, [.. Enumerable.Range(0, 4).Select(inner => (100 + (10 * at) + inner, "(" + new string('x', 8_300_000) + ")"))]);
            for (var inner = 0; inner < 4; inner++)
                entries[100 + (10 * at) + inner] = (10 + at, inner);
        }
        return file.SectionStream(9_999, entries).ToArray();
    }

    /// <summary>Codes that each name the entry that they make: strings that grow by one byte a code.</summary>
    private static byte[] LzwRun(int codes)
    {
        var bytes = new List<byte>();
        int held = 0, bits = 0, next = 258, width = 9;
        void Put(int code)
        {
            held = (held << width) | code;
            for (bits += width; bits >= 8; bits -= 8)
                bytes.Add((byte)(held >> (bits - 8)));
            held &= (1 << bits) - 1;
        }

        Put(32);
        for (var at = 0; at < codes; at++)
        {
            Put(Math.Min(next, 4095));
            if (next < 4096)
                next++;
            width = (next + 1) switch { >= 2048 => 12, >= 1024 => 11, >= 512 => 10, _ => 9 };
        }
        Put(257);
        bytes.AddRange([(byte)(held << (8 - bits)), 0]);
        return [.. bytes];
    }

    private static byte[] SectionStream(string entries, byte[] data)
    {
        var file = PdfBytes.OnePage();
        var start = file.Length;
        return file.Stream(9, "/Type/XRef/Root 1 0 R/Filter/FlateDecode" + entries, data).Text(FormattableString.Invariant($"startxref\n{start}\n%%EOF\n")).ToArray();
    }

    private static byte[] PreviousItself()
    {
        var file = PdfBytes.OnePage();
        return file.Table(FormattableString.Invariant($"/Prev {file.Length}")).ToArray();
    }

    private static byte[] PageTreeComb()
    {
        // A hundred and ninety levels down, and there tens of thousands of empty nodes, each with the whole way to it.
        var file = PdfBytes.OnePage().Indirect(2, "<</Type/Pages/Kids[10 0 R]/Count 1>>");
        for (var level = 10; level < 199; level++)
            file.Indirect(level, $"<</Type/Pages/Kids[{level + 1} 0 R]>>");
        file.Indirect(199, $"<</Type/Pages/Kids[{Many(40_000, at => $"{at + 1000} 0 R ")}]>>");
        for (var at = 0; at < 40_000; at++)
            file.Indirect(at + 1000, $"<</Type/Pages/MediaBox[0 0 {at} 1]/Kids[{at + 50_000} 0 R]>>").Indirect(at + 50_000, "<</Type/Page>>");
        return file.Table().ToArray();
    }

    private static byte[] Form(string fields, params IReadOnlyList<(int Number, string Value)> objects)
    {
        var file = PdfBytes.OnePage($"/AcroForm<</Fields[{fields}]/SigFlags 3>>");
        foreach (var (number, value) in objects)
            file.Indirect(number, value);
        return file.Table().ToArray();
    }

    private static byte[] Signatures(int count, string entries, params IReadOnlyList<(int Number, string Value)> objects) =>
        Form(Many(count, at => $"{at + 50_000} 0 R "),
        [
            .. objects,
            .. Enumerable.Range(0, count).Select(at => (at + 50_000, $"<</FT/Sig/T(f{at})/V {at + 1000} 0 R>>")),
            .. Enumerable.Range(0, count).Select(at => (at + 1000, $"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]{entries}>>")),
        ]);

    /// <summary>Signatures at the beginning of a long file, each of which covers all of it.</summary>
    private static byte[] HashedAgain(int count, int padding)
    {
        const int width = 10;
        var cms = Convert.ToHexString(Cms(signers: 1));
        var file = PdfBytes.OnePage($"/AcroForm<</Fields[{Many(count, at => $"{at + 1000} 0 R ")}]/SigFlags 3>>");
        var gaps = new List<(int Numbers, int Start, int End)>();
        for (var at = 0; at < count; at++)
        {
            var before = FormattableString.Invariant($"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 ");
            var head = FormattableString.Invariant($"{at + 100} 0 obj\n");
            var numbers = (int)file.Length + head.Length + before.Length;
            var start = numbers + (3 * width) + 2 + "]/Contents".Length;
            file.Indirect(at + 100, before + new string(' ', (3 * width) + 2) + "]/Contents<" + cms + ">>>").Indirect(at + 1000, $"<</FT/Sig/T(f{at})/V {at + 100} 0 R>>");
            gaps.Add((numbers, start, start + cms.Length + 2));
        }
        var bytes = file.Stream(5, "", new byte[padding]).Table().ToArray();
        foreach (var (numbers, start, end) in gaps)
            Encoding.Latin1.GetBytes(FormattableString.Invariant($"{start,width} {end,width} {bytes.Length - end,width}")).CopyTo(bytes, numbers);
        return bytes;
    }

    private static byte[] Der(byte tag, params IReadOnlyList<byte[]> parts)
    {
        var length = parts.Sum(part => part.Length);
        byte[] size = length < 128 ? [(byte)length] : [0x84, (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length];
        var all = new byte[1 + size.Length + length];
        all[0] = tag;
        size.CopyTo(all, 1);
        var at = 1 + size.Length;
        foreach (var part in parts)
        {
            part.CopyTo(all, at);
            at += part.Length;
        }
        return all;
    }

    /// <summary>SignedData in form, with as much of something as is asked for.</summary>
    private static byte[] Cms(int signers = 1, int certificates = 0)
    {
        byte[] sha256 = Der(0x30, Der(0x06, [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01])), rsa = Der(0x30, Der(0x06, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]), [0x05, 0x00]);
        byte[] data = Der(0x06, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01]), signedData = Der(0x06, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02]);
        var digest = Der(0x30, Der(0x06, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x04]), Der(0x31, Der(0x04, new byte[32])));
        byte[] Signer(int at) => Der(0x30, [0x02, 0x01, 0x01], Der(0x30, Der(0x30), [0x02, 0x03, (byte)(1 + (at >> 16)), (byte)(at >> 8), (byte)at]), sha256, Der(0xA0, digest), rsa, Der(0x04, new byte[256]));
        var all = new List<byte[]> { new byte[] { 0x02, 0x01, 0x01 }, Der(0x31, sha256), Der(0x30, data) };
        if (certificates > 0)
            all.Add(Der(0xA0, [.. Enumerable.Range(0, certificates).Select(at => Der(0x30, Der(0x04, [(byte)(at >> 8), (byte)at])))]));
        all.Add(Der(0x31, [.. Enumerable.Range(0, signers).Select(Signer)]));
        return Der(0x30, signedData, Der(0xA0, Der(0x30, all)));
    }

    private static byte[] Nested(byte[] inner) => Der(0x30, Der(0x31, inner));

    private static byte[] Store(int count, string data)
    {
        var list = Many(count, _ => "9 0 R ");
        return PdfBytes.OnePage($"/DSS<</Certs[{list}]/OCSPs[{list}]/CRLs[{list}]/VRI<<{Many(2000, at => $"/V{at}<</Cert 10 0 R/OCSP 10 0 R/CRL 10 0 R>>")}>>>>")
            .Stream(9, "", Encoding.Latin1.GetBytes(data)).Indirect(10, $"[{list}]").Table().ToArray();
    }

    private static byte[] StoreOfTexts(int count) => PdfBytes.OnePage($"/DSS<</VRI<<{Many(count, at => $"/V{at}<</TU 9 0 R>>")}>>>>")
        .Indirect(9, $"({new string('x', Long)})").Table().ToArray();

    private static byte[] Revisions(int count)
    {
        var file = PdfBytes.OnePage("/Foo 4 0 R").Indirect(4, "0").Table();
        for (var revision = 1; revision < count; revision++)
            file.Indirect(4, revision.ToString(CultureInfo.InvariantCulture)).Table();
        return file.ToArray();
    }

    private static byte[] RevisionsOfManyPages()
    {
        var file = PdfBytes.OnePage("/AcroForm<</Fields[5 0 R]>>").Indirect(5, "<</FT/Sig/T(a)/V<</Type/Sig/Contents<00>/ByteRange[0 1 2 3]>>>>")
            .Indirect(2, $"<</Type/Pages/Kids[{Many(40_000, at => $"{at + 100} 0 R ")}]/Count 40000>>");
        for (var page = 0; page < 40_000; page++)
            file.Indirect(page + 100, "<</Type/Page/Parent 2 0 R>>");
        file.Table();
        for (var revision = 1; revision < 500; revision++)
            file.Indirect(5, $"<</FT/Sig/T(a{revision})/V<</Type/Sig/Contents<00>/ByteRange[0 1 2 {revision}]>>>>").Table();
        return file.ToArray();
    }

    /// <summary>Every earlier end of file can be tried, each costs a whole reading, and none can be read.</summary>
    private static byte[] EarlierEndsUnreadable()
    {
        var file = PdfBytes.OnePage().Indirect(4, "[" + Many(900_000, _ => "0 ") + "]").Table("/Root 4 0 R");
        for (var end = 0; end < 5; end++)
            file.Text("\n").End();
        return file.ToArray();
    }

    /// <summary>Object streams full of small values, compressed to nothing.</summary>
    private static byte[] Compressed(int count, int values, string value)
    {
        var file = PdfBytes.OnePage();
        var entries = new Dictionary<int, (int, int)>();
        for (var at = 0; at < count; at++)
        {
            file.ObjectStream(10 + at, [(100 + at, "[" + Many(values, _ => value) + "]")]);
            entries[100 + at] = (10 + at, 0);
        }
        return file.SectionStream(9_999, entries).ToArray();
    }

    private static byte[] EntriesOnOneString()
    {
        var file = PdfBytes.OnePage().Mark(4);
        var at = file.Length;
        file.Text("4 0 obj (" + new string('x', 2_000_000) + ") endobj\n");
        for (var number = 5; number < 50_000; number++)
            file.Pretend(number, at);
        return file.SectionStream(60_000).ToArray();
    }

    /// <summary>One object names very many, and an update changes each of them.</summary>
    private static byte[] ManyReferences(int count)
    {
        var file = PdfBytes.OnePage("/Foo 4 0 R/AcroForm<</Fields[5 0 R]>>").Indirect(4, "[" + Many(count, at => $"{at + 100} 0 R ") + "]")
            .Indirect(5, "<</FT/Sig/T(a)/V<</Type/Sig/Contents<00>/ByteRange[0 1 2 3]>>>>");
        for (var at = 0; at < count; at++)
            file.Indirect(at + 100, "[0]");
        file.Table();
        for (var at = 0; at < count; at++)
            file.Indirect(at + 100, "[1]");
        return file.Table().ToArray();
    }

    private static byte[] MetadataEntities()
    {
        var entities = new StringBuilder("<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\">");
        for (var level = 'b'; level <= 'k'; level++)
            entities.Append(CultureInfo.InvariantCulture, $"<!ENTITY {level} \"{string.Concat(Enumerable.Repeat($"&{(char)(level - 1)};", 10))}\">");
        var before = PdfBytes.OnePage("/Metadata 4 0 R").Stream(4, "/Type/Metadata/Subtype/XML", "<x/>"u8.ToArray()).Table();
        return before.Stream(4, "/Type/Metadata/Subtype/XML", Encoding.UTF8.GetBytes(entities + "]><x>&k;</x>")).Table().ToArray();
    }

    private static byte[] Objects(int count)
    {
        var file = PdfBytes.OnePage();
        var text = new StringBuilder();
        long start = file.Length;
        for (var number = 4; number < count + 4; number++)
        {
            file.Pretend(number, start + text.Length);
            text.Append(CultureInfo.InvariantCulture, $"{number} 0 obj\n<</A {number}/B[1 2]>>\nendobj\n");
        }
        return file.Text(text.ToString()).Table().ToArray();
    }
}
