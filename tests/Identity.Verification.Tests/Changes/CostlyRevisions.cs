using System.Globalization;
using Identity.Verification.Reports;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.Changes;

/// <summary>Files that make comparing revisions dear: each would take minutes or gigabytes if its cost grew faster than the file.</summary>
public sealed class CostlyRevisions(Hierarchy hierarchy)
{
    private const string SignedCatalog = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]/SigFlags 3>>";

    private async Task<ValidationReport> After(params (int, string)[] update) =>
        await Validating.Report(HandMadePdf.Append(hierarchy.Sign(HandMadePdf.Plain()), update), hierarchy);

    private static string Many(int count, Func<int, string> item) => string.Concat(Enumerable.Range(0, count).Select(item));

    [Fact]
    public async Task A_list_of_values_that_becomes_a_list_of_references_is_matched_once()
    {
        const string page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/Annots 60 0 R>>";
        var before = HandMadePdf.Append(HandMadePdf.Plain(), (HandMadePdf.Page, page), (60, $"[{Many(300_000, _ => "0 ")}]"));
        var report = await Validating.Report(HandMadePdf.Append(before, (60, $"[{Many(200_000, _ => "9 0 R ")}]")), hierarchy);
        Assert.Equal(["structure-deviates", "annotation-removed"], report.Revisions[^1].Changes.Select(change => change.Message!.Key).Distinct());
    }

    [Fact]
    public async Task Twenty_thousand_fields_with_one_signature_are_each_looked_up_once()
    {
        const int count = 20_000;
        var fields = Enumerable.Range(100, count).Select(number => (number, $"<</FT/Sig/T(f{number})/V 99 0 R>>"));
        var list = Many(count, at => string.Create(CultureInfo.InvariantCulture, $" {100 + at} 0 R"));
        var report = await After([.. fields, (99, "<</Type/Sig/Contents<00>/ByteRange[0 1 2 3]>>"),
            (1, $"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R{list}]/SigFlags 3>>>>")]);
        Assert.Equal("TOTAL-FAILED", report.Conclusion);
    }

    [Fact]
    public async Task Large_metadata_in_every_revision_end_as_too_costly_and_so_as_changed()
    {
        var file = HandMadePdf.Append(hierarchy.Sign(HandMadePdf.Plain()), (1, SignedCatalog + "/Metadata 50 0 R>>"));
        var filler = Many(400_000, _ => "<y/>");
        for (var revision = 0; revision < 60; revision++)
            file = HandMadePdf.Append(file, (50, HandMadePdf.Stream($"<x>{filler}{revision}</x>")));
        var report = await Validating.Report(file, hierarchy);
        Assert.Equal(("INDETERMINATE", "changed"), (report.Conclusion, report.Integrity));
        Assert.Contains(report.Revisions.SelectMany(revision => revision.Changes), change => change.Message!.Key == "comparison-too-costly");
    }

    [Fact]
    public async Task Many_objects_in_many_revisions_end_as_too_costly_and_so_as_changed()
    {
        const int count = 30_000;
        var list = Many(count, at => string.Create(CultureInfo.InvariantCulture, $"{1000 + at} 0 R "));
        var file = HandMadePdf.Append(HandMadePdf.Plain(), [(1, "<</Type/Catalog/Pages 2 0 R/Foo 50 0 R>>"), (50, $"[{list}]"), (60, "()"),
            .. Enumerable.Range(1000, count).Select(number => (number, "[]"))]);
        file = hierarchy.Sign(file, null, new SignatureShape { Catalog = "/Foo 50 0 R" });
        for (var revision = 0; revision < 100; revision++)
            file = HandMadePdf.Append(file, (60, $"({revision})"));
        var report = await Validating.Report(file, hierarchy);
        Assert.Equal(("INDETERMINATE", "changed"), (report.Conclusion, report.Integrity));
        report.Only().Says("comparison-too-costly");
    }
}
