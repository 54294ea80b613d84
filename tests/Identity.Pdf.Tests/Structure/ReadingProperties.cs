using System.Globalization;
using System.Text;
using CsCheck;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Pdf.Update;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests.Structure;

/// <summary>What is written is read again as it was: random values, in every form in which they can be written, and cross-references of any order.</summary>
public sealed class ReadingProperties
{
    private static readonly Gen<string> NameText = Gen.Char['\u0001', '\u00ff'].Array[0, 12].Select(letters => new string(letters));
    private static readonly Gen<byte[]> Octets = Gen.Byte.Array[0, 30];
    private static readonly Gen<string> Space = OneOf(" ", "\n", "\r\n", "\t", "\f ", "\0", " % ) >> ] (comment\n");

    /// <summary>A value as syntax, and as what it is.</summary>
    private sealed record Written(string Syntax, string Means);

    private static readonly Gen<Written> Simple = Gen.OneOf(
        Gen.Long[-9_000_000_000, 9_000_000_000].Select(value => new Written(value.ToString(CultureInfo.InvariantCulture), $"i{value}")),
        Gen.Select(Gen.Int[-99_999, 99_999], Gen.Int[0, 999]).Select((whole, part) => new Written(FormattableString.Invariant($"{whole}.{part:D3}"), Real(decimal.Parse(FormattableString.Invariant($"{whole}.{part:D3}"), CultureInfo.InvariantCulture)))),
        Gen.Select(Gen.Int[1, 5000], Gen.Int[0, 3]).Select((number, generation) => new Written(FormattableString.Invariant($"{number} {generation} R"), FormattableString.Invariant($"r{number} {generation}"))),
        NameText.Select(name => new Written(Latin1(new SyntaxWriter().Name(name)), "/" + Hex(Encoding.Latin1.GetBytes(name)))),
        Octets.Select(bytes => new Written(Latin1(new SyntaxWriter().Hexadecimal(bytes)), "s" + Hex(bytes))),
        Octets.Select(bytes => new Written(Literal(bytes), "s" + Hex(bytes))),
        OneOf(new Written("true", "true"), new Written("false", "false"), new Written("null", "null")));

    private static Gen<Written> Value(int depth) => depth == 0 ? Simple : Gen.Frequency(
        (4, Simple),
        (1, Gen.Select(Value(depth - 1), Space).Array[0, 6].Select(items => new Written(
            "[" + string.Concat(items.Select(item => item.Item2 + item.Item1.Syntax)) + "]", "[" + string.Join(' ', items.Select(item => item.Item1.Means)) + "]"))),
        (1, Gen.Select(Value(depth - 1), Space).Array[0, 6].Select(items => new Written(
            "<<" + string.Concat(items.Select((item, at) => $"/k{at}{item.Item2}{item.Item1.Syntax}")) + ">>", "<" + string.Join(' ', items.Select((item, at) => $"k{at}={item.Item1.Means}")) + ">"))));

    [Fact]
    public void A_value_is_read_as_it_was_written() => Gen.Select(Value(4), Space, Gen.Bool).Sample((value, space, inStream) =>
    {
        // References of the value lead nowhere: nothing but the value is looked at.
        var file = inStream
            ? PdfBytes.OnePage().ObjectStream(5, [(7, value.Syntax)]).SectionStream(9, new Dictionary<int, (int, int)> { [7] = (5, 0) })
            : PdfBytes.OnePage().Indirect(7, space + value.Syntax).Table();
        var document = Assert.IsType<PdfRead.Document>(PdfDocument.Read(file.ToArray())).Value;
        var read = document.Latest.Resolve(new ObjectId(7, 0));
        Assert.Equal(value.Means, Means(read));
        // Its own bytes are the value again.
        Assert.Equal(value.Syntax, Encoding.Latin1.GetString(read.Raw.Span));
    }, iter: 3000, threads: 1);

    [Fact]
    public void Text_of_any_characters_comes_back() => Gen.String[Gen.Char['\u0000', '\ud7ff'], 0, 40].Sample(text =>
    {
        var file = PdfBytes.OnePage().Indirect(7, Latin1(new SyntaxWriter().Text(text))).Table();
        Assert.Equal(text, ((PdfString)Read.Document(file).Latest.Resolve(new ObjectId(7, 0))).GetText());
    }, iter: 1500, threads: 1);

    [Fact]
    public void Objects_are_found_whatever_their_order_and_revisions() =>
        Gen.Select(Gen.Int[4, 200].HashSet[1, 12], Gen.Int[4, 200].HashSet[0, 8], Gen.Bool, Gen.Bool, Gen.Bool).Sample((first, second, firstIsStream, secondIsStream, predictor) =>
        {
            var file = PdfBytes.OnePage();
            void Add(IEnumerable<int> numbers, int revision, bool isStream)
            {
                foreach (var number in numbers)
                    file.Indirect(number, FormattableString.Invariant($"({revision} {number})"));
                _ = isStream ? file.SectionStream(300 + revision, predictor: predictor) : file.Table();
            }

            Add(first, 1, firstIsStream);
            Add(second, 2, secondIsStream);
            var document = Read.Document(file);
            Assert.Equal(2, document.Revisions.Count);
            foreach (var number in first.Union(second))
            {
                string At(int revision) => document.ResolveAsOf(revision, new ObjectId(number, 0)) is PdfString text ? text.GetText() : "";
                Assert.Equal(first.Contains(number) ? $"1 {number}" : "", At(1));
                Assert.Equal(second.Contains(number) ? $"2 {number}" : $"1 {number}", At(2));
            }
            Assert.Equal(second.Order(), document.Revisions[1].Changes.Select(change => change.Id.Number).Where(number => number < 300));
        }, iter: 800, threads: 1);

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(at => values[at]);

    private static string Means(PdfObject value) => value switch
    {
        PdfInteger integer => $"i{integer.Value}",
        PdfReal real => Real((decimal)real.Value),
        PdfReference reference => FormattableString.Invariant($"r{reference.Target.Number} {reference.Target.Generation}"),
        PdfName name => "/" + Hex(Encoding.Latin1.GetBytes(name.Value)),
        PdfString text => "s" + Hex(text.GetBytes()),
        PdfBoolean boolean => boolean.Value ? "true" : "false",
        PdfArray array => "[" + string.Join(' ', array.Items.Select(Means)) + "]",
        PdfDictionary dictionary => "<" + string.Join(' ', dictionary.Entries.Select(entry => $"{entry.Key.Value}={Means(entry.Value)}")) + ">",
        _ => "null",
    };

    private static string Real(decimal value) => "f" + Math.Round(value, 3).ToString("F3", CultureInfo.InvariantCulture);

    private static string Hex(byte[] bytes) => Convert.ToHexString(bytes);

    private static string Latin1(SyntaxWriter writer) => Encoding.Latin1.GetString(writer.Written.Span);

    /// <summary>7.3.4.2, with each escape that there is: octal of one to three digits, and a line that goes on.</summary>
    private static string Literal(byte[] bytes)
    {
        var text = new StringBuilder("(");
        foreach (var value in bytes)
        {
            text.Append(value switch
            {
                (byte)'\n' => "\\n",
                (byte)'\r' => "\\r",
                (byte)'\t' => "\\t",
                (byte)'\b' => "\\b",
                (byte)'\f' => "\\f",
                (byte)'(' or (byte)')' or (byte)'\\' => "\\" + (char)value,
                < 32 or > 126 => "\\" + Convert.ToString(value, 8).PadLeft(3, '0'),
                (byte)'e' => "\\\ne",
                _ => ((char)value).ToString(),
            });
        }
        return text.Append(')').ToString();
    }
}
