using System.Globalization;
using System.Text;
using Identity.Verification.Reports;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.Changes;

/// <summary>
/// Programs that find a fault in a file search it for objects, and show what they find wherever it stands. So neither may a later revision hide an object, nor
/// may it have the fault by which one hidden in the signed revision comes out.
/// </summary>
public sealed class RepairedFiles(Hierarchy hierarchy)
{
    private const string Evil = "4 0 obj\n<</Length 46>>\nstream\nBT /F1 24 Tf 72 720 Td (Sold for 1 EUR) Tj ET\nendstream\nendobj\n";
    private const string Evader = "endstream\nendobj\n" + Evil + "52 0 obj\n<</Length 0>>\nstream\n";

    /// <summary>Bodies with their objects, further lines of the table, what is exchanged in the section, and what stands behind the end.</summary>
    private static byte[] Update(byte[] file, (int Number, string Body)[] objects, string lines = "", Func<string, string>? section = null, string behind = "")
    {
        var body = new StringBuilder();
        var table = new StringBuilder("xref\n");
        foreach (var (number, text) in objects)
        {
            var at = text.IndexOf(FormattableString.Invariant($"{number} 0 obj"), StringComparison.Ordinal);
            table.Append(CultureInfo.InvariantCulture, $"{number} 1\n{file.Length + body.Length + at:D10} 00000 n \n");
            body.Append(text);
        }
        var before = Encoding.Latin1.GetString(file);
        var previous = before[(before.LastIndexOf("startxref\n", StringComparison.Ordinal) + 10)..].Split('\n')[0];
        table.Append(lines).Append(CultureInfo.InvariantCulture, $"trailer\n<</Size 100/Root 1 0 R/Prev {previous}>>\nstartxref\n{file.Length + body.Length}\n%%EOF\n");
        return [.. file, .. Encoding.Latin1.GetBytes(body + (section?.Invoke(table.ToString()) ?? table.ToString()) + behind)];
    }

    private static (int, string) Object(int number, string value) => (number, FormattableString.Invariant($"{number} 0 obj\n{value}\nendobj\n"));

    private static (int, string)[] Hidden(string place) => place switch
    {
        "the data of a stream of indirect length" => [Object(50, $"<</Length 51 0 R>>\nstream\n{Evader}\nendstream"),
            Object(51, Evader.Length.ToString(CultureInfo.InvariantCulture))],
        "the data of a stream" => [Object(50, HandMadePdf.Stream(Evader))],
        "the data of a stream, without an end before it" => [Object(50, HandMadePdf.Stream(Evil.Replace("endstream\nendobj\n", "", StringComparison.Ordinal)))],
        "a string" => [Object(50, $"<</Title(endobj\n{Evil.Replace("(Sold for 1 EUR)", "\\(Sold for 1 EUR\\)", StringComparison.Ordinal)})>>")],
        "a comment in an object" => [Object(50, "<<\n%4 0 obj <</Length 9>> stream\n/A 1>>")],
        "a stream, with comments in its head" => [Object(50, HandMadePdf.Stream("4 0 %c\n%d\nobj [(1)]"))],
        "a comment between objects" => [Object(50, "1"), (51, "%endobj 4 0 obj [(1)] endobj\n51 0 obj\n1\nendobj\n")],
        "an object stream that no entry names" => [Object(50, HandMadePdf.Stream("4 0 [(1)]", "/Type/ObjStm/N 1/First 4"))],
        "a cross-reference stream that no section is" => [Object(50, "<</Type/Catalog/Pages 2 0 R>>"),
            Object(51, HandMadePdf.Stream("\0\0\0\0\0\0\0", "/Type/XRef/W[1 4 2]/Size 1/Root 50 0 R"))],
        "a trailer in a stream" => [Object(50, HandMadePdf.Stream("trailer\n<</Root 51 0 R/Size 100>>")), Object(51, "<</Type/Catalog/Pages 2 0 R>>")],
        _ => throw new ArgumentOutOfRangeException(nameof(place), place, "no such place"),
    };

    [Theory]
    [InlineData("the data of a stream of indirect length", "hidden-object")]
    [InlineData("the data of a stream", "hidden-object")]
    [InlineData("the data of a stream, without an end before it", "hidden-object")]
    [InlineData("a string", "hidden-object")]
    [InlineData("a comment in an object", "hidden-object")]
    [InlineData("a stream, with comments in its head", "hidden-object")]
    [InlineData("a comment between objects", "hidden-object")]
    [InlineData("an object stream that no entry names", "structure-deviates")]
    [InlineData("a cross-reference stream that no section is", "structure-deviates")]
    [InlineData("a trailer in a stream", "hidden-object")]
    public async Task A_later_revision_hides_no_object(string place, string reason) =>
        Refused(await Validating.Report(Update(hierarchy.Sign(HandMadePdf.Plain()), Hidden(place)), hierarchy), reason);

    public static TheoryData<string, string> Faults => new()
    {
        { "blanks in an entry", "cross-reference-entry-form" },
        { "an entry beyond the file", "unreadable-object" },
        { "a comment behind the word xref", "cross-reference-table-form" },
        { "a comment before the trailer", "cross-reference-table-form" },
        { "an empty line in the table", "cross-reference-table-form" },
        { "a Size without the catalog", "size-below-catalog" },
        { "an object above its Size", "object-beyond-size" },
        { "object zero in use", "object-zero-in-use" },
        { "a cross-reference stream behind a table", "sections-mixed" },
        { "a number that is too high for some programs", "object-number-high" },
        { "information that is not there", "reference-to-nothing" },
        { "a reference to an object that is not there", "reference-to-nothing" },
        { "an offset far before its object", "offset-far-before-object" },
        { "a comment at an offset", "offset-far-before-object" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_fault_for_which_programs_repair_a_file_is_suspicious_in_a_later_revision(string fault, string kind)
    {
        var signed = hierarchy.Sign(HandMadePdf.Plain());
        var file = fault switch
        {
            "blanks in an entry" => Update(signed, [Object(50, "1")], section: text => text.Replace(" n \n", "   n \n", StringComparison.Ordinal)),
            "an entry beyond the file" => Update(signed, [Object(50, "1")], "60 1\n0999999999 00000 n \n"),
            "a comment behind the word xref" => Update(signed, [Object(50, "1")], section: text => text.Replace("xref\n50", "xref %c\n50", StringComparison.Ordinal)),
            "a comment before the trailer" => Update(signed, [Object(50, "1")], "%c\n"),
            "an empty line in the table" => Update(signed, [Object(50, "1")], "\n60 1\n0000000000 00001 f \n"),
            "a Size without the catalog" => Update(signed, [], section: text => text.Replace("/Size 100", "/Size 1", StringComparison.Ordinal)),
            "an object above its Size" => Update(signed, [Object(50, "1")], section: text => text.Replace("/Size 100", "/Size 50", StringComparison.Ordinal)),
            "a cross-reference stream behind a table" => ByStream(signed),
            "a number that is too high for some programs" => Update(signed, [Object(4_194_304, "1")], section: text => text.Replace("/Size 100", "/Size 4194305", StringComparison.Ordinal)),
            "information that is not there" => Update(signed, [], section: text => text.Replace("/Root", "/Info 90 0 R/Root", StringComparison.Ordinal)),
            "a reference to an object that is not there" => Update(signed, [Object(1, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]/SigFlags 3>>/DSS<</Certs[90 0 R]>>>>")]),
            "object zero in use" => Update(signed, [Object(0, "1"), Object(50, "1")]),
            "an offset far before its object" => Behind(signed, new string('\n', 40)),
            _ => Behind(signed, "%c\n"),
        };
        var report = await Validating.Report(file, hierarchy);
        Refused(report, "structure-deviates");
        Assert.Contains(report.Revisions[^1].Changes, change => change.Text.Contains(kind, StringComparison.Ordinal));

        // The offset of object 50 is that of what stands before it.
        static byte[] Behind(byte[] signed, string before)
        {
            var plain = Encoding.Latin1.GetString(Update(signed, [(50, $"{before}50 0 obj\n1\nendobj\n")]));
            var right = FormattableString.Invariant($"50 1\n{signed.Length + before.Length:D10}");
            return Encoding.Latin1.GetBytes(plain.Replace(right, FormattableString.Invariant($"50 1\n{signed.Length:D10}"), StringComparison.Ordinal));
        }
    }

    private static byte[] ByStream(byte[] signed)
    {
        var text = Encoding.Latin1.GetString(signed);
        var previous = text[(text.LastIndexOf("startxref\n", StringComparison.Ordinal) + 10)..].Split('\n')[0];
        byte[] row = [1, .. BitConverter.GetBytes(signed.Length).Reverse(), 0];
        var head = FormattableString.Invariant($"50 0 obj\n<</Type/XRef/Size 100/Root 1 0 R/Prev {previous}/W[1 4 1]/Index[50 1]/Length {row.Length}>>\nstream\n");
        return [.. signed, .. Encoding.Latin1.GetBytes(head), .. row, .. Encoding.Latin1.GetBytes(FormattableString.Invariant($"\nendstream\nendobj\nstartxref\n{signed.Length}\n%%EOF\n"))];
    }

    [Theory]
    [InlineData(0)]
    [InlineData(17)]
    [InlineData(5000)]
    public async Task White_space_behind_the_end_does_not_bring_out_what_the_signed_revision_hides(int length)
    {
        var prepared = HandMadePdf.Append(HandMadePdf.Plain(), (50, $"<</Length 51 0 R>>\nstream\n{Evader}\nendstream"),
            (51, Evader.Length.ToString(CultureInfo.InvariantCulture)));
        var signed = hierarchy.Sign(prepared);
        var report = await Validating.Report([.. signed, .. Encoding.Latin1.GetBytes(new string('\n', length))], hierarchy);
        if (length == 0)
            Assert.Equal(("TOTAL-PASSED", "intact", "none"), (report.Conclusion, report.Integrity, report.Signatures[0].ChangesAfter));
        else
            Refused(report, "bytes-behind-end");
    }

    [Theory]
    [InlineData(16, "none")]
    [InlineData(17, "suspicious")]
    public async Task Little_white_space_behind_the_end_is_no_change(int length, string changes)
    {
        var file = Update(hierarchy.Sign(HandMadePdf.Plain()), [Object(50, "1")], behind: new string('\n', length));
        Assert.Equal(changes, (await Validating.Report(file, hierarchy)).Signatures[0].ChangesAfter);
    }

    [Fact]
    public async Task What_programs_write_between_table_and_trailer_is_no_fault_nor_are_words_of_which_no_object_is_made()
    {
        var file = Update(hierarchy.Sign(HandMadePdf.Plain()), [Object(50, "(an obj of 1 object, or trailer park)")], "\n");
        var report = await Validating.Report(file, hierarchy);
        Assert.Equal(("TOTAL-PASSED", "none"), (report.Conclusion, report.Signatures[0].ChangesAfter));
    }

    private static void Refused(ValidationReport report, string reason)
    {
        var found = string.Join(' ', report.Revisions.SelectMany(revision => revision.Changes).Select(change => change.Message!.Key).Distinct());
        Assert.True(found.Split(' ').Contains(reason), $"{found} instead of {reason}; {report.Conclusion} {report.Integrity} {report.Error}");
        Assert.Equal(("INDETERMINATE", "changed", "INDETERMINATE/SIG_CONSTRAINTS_FAILURE"), (report.Conclusion, report.Integrity, report.Signatures[0].Verdict()));
    }
}
