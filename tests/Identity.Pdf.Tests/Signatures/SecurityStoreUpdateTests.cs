using System.Text;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.TestKit;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests.Signatures;

public sealed class SecurityStoreUpdateTests
{
    private static readonly ValidationData Data = Of(["leaf", "issuer"], ["answer"], ["list"]);

    [Fact]
    public void Makes_a_store_and_declares_the_extension()
    {
        var original = PdfBytes.OnePage().Table().ToArray();

        var document = Add(original, Data);

        var store = document.Latest.SecurityStore!;
        Assert.Empty(store.Defects);
        Assert.Equal(["leaf", "issuer"], Texts(store.Certificates));
        Assert.Equal(["answer"], Texts(store.OcspResponses));
        Assert.Equal(["list"], Texts(store.Crls));
        Assert.Empty(store.Entries);
        Assert.Equal("<</ESIC<</BaseVersion/1.7/ExtensionLevel 1>>>>", Read.Raw(document.Latest.Catalog["Extensions"]!));
        Assert.Equal([1], Overridden(document));
        Assert.Equal(original, document.File[..original.Length].ToArray());
    }

    [Theory]
    [InlineData("/Version/2.0", null)]
    [InlineData("/Extensions<</ADBE<</BaseVersion/1.7/ExtensionLevel 8>>>>", "<</ADBE<</BaseVersion/1.7/ExtensionLevel 8>>/ESIC<</BaseVersion/1.7/ExtensionLevel 1>>>>")]
    [InlineData("/Extensions<</ESIC<</BaseVersion/1.7/ExtensionLevel 5>>>>", "<</ESIC<</BaseVersion/1.7/ExtensionLevel 5>>>>")]
    public void The_extension_is_declared_where_it_is_one_and_is_not_yet(string catalog, string? extensions)
    {
        var document = Add(PdfBytes.OnePage(catalog).Table().ToArray(), Data);

        Assert.Equal(extensions, document.Latest.Catalog["Extensions"] is { } value ? Read.Raw(value) : null);
    }

    public static TheoryData<string, int[]> Stores => new()
    {
        // Where the store stands, and the objects that are rewritten for one more CRL.
        { "/DSS<</Certs[5 0 R]/CRLs[6 0 R]/VRI<</AA<</Cert[5 0 R]/OCSP[7 0 R]>>>>>>", [1] },
        { "/DSS 4 0 R", [4] },
        { "/DSS<</Certs[5 0 R]/CRLs 8 0 R>>", [8] },
        { "/DSS<</Certs[5 0 R]>>", [1] },
        { "/DSS<</Certs[5 0 R]/CRLs null>>", [1] },
    };

    [Theory]
    [MemberData(nameof(Stores))]
    public void Everything_that_is_there_stays_and_the_smallest_object_is_rewritten(string store, int[] rewritten)
    {
        var original = File(store);
        var before = Read.Document(original).Latest.SecurityStore!;

        var document = Add(original, Of(["leaf"], [], ["new list"]));

        var after = document.Latest.SecurityStore!;
        Assert.Equal(Texts(before.Certificates), Texts(after.Certificates));
        Assert.Equal([.. Texts(before.Crls), "new list"], Texts(after.Crls));
        Assert.Equal(before.Entries.Select(entry => entry.Key), after.Entries.Select(entry => entry.Key));
        Assert.Equal(rewritten, Overridden(document));
    }

    [Fact]
    public void What_the_store_has_is_not_stored_twice()
    {
        var original = File("/DSS<</Certs[5 0 R]/CRLs[6 0 R]/VRI<</AA<</Cert[5 0 R]/OCSP[7 0 R]>>>>>>");

        // Known to an entry only: named in the array, by the stream that is there.
        var document = Add(original, Of(["leaf"], ["answer"], ["list"]));

        Assert.Equal([7], document.Latest.SecurityStore!.OcspResponses.Select(stream => stream.Id.Number));
        Assert.DoesNotContain(document.Latest.Revision.Changes, change => change.Kind == ObjectChangeKind.Added);
        Assert.IsType<SecurityStoreAddition.NothingNew>(SecurityStoreUpdate.Prepare(document, Of(["leaf"], ["answer"], ["list"])));
    }

    [Theory]
    [InlineData("/DSS 9", SignatureRefusal.BrokenSecurityStore)]
    [InlineData("/DSS<</Certs 9>>", SignatureRefusal.BrokenSecurityStore)]
    [InlineData("/DSS<</Certs[<<>>]>>", SignatureRefusal.BrokenSecurityStore)]
    [InlineData("/DSS<</Certs[4 0 R]>>", SignatureRefusal.BrokenSecurityStore)]
    public void A_store_that_is_none_is_refused(string store, SignatureRefusal reason) =>
        Assert.Equal(reason, Assert.IsType<SecurityStoreAddition.Refused>(SecurityStoreUpdate.Prepare(Read.Document(File(store)), Data)).Reason);

    [Fact]
    public void A_file_that_takes_no_update_is_refused() => Assert.Equal(SignatureRefusal.AmbiguousStructure,
        Assert.IsType<SecurityStoreAddition.Refused>(SecurityStoreUpdate.Prepare(Read.Document(PdfBytes.OnePage().Table().Text("rest")), Data)).Reason);

    [Fact]
    public void Another_program_reads_the_store()
    {
        Tool.Require("qpdf");
        var path = Path.GetTempFileName();
        System.IO.File.WriteAllBytes(path, Add(PdfBytes.OnePage().SectionStream(9).ToArray(), Data).File.ToArray());
        var checkedBy = Tool.RunWith("qpdf", ["--check", path]);
        var shown = Tool.RunWith("qpdf", ["--json=2", "--json-key=qpdf", path]);
        System.IO.File.Delete(path);

        Assert.True(checkedBy.ExitCode == 0 && !checkedBy.Text.Contains("WARNING", StringComparison.Ordinal), checkedBy.Text);
        Assert.Contains("\"/DSS\"", shown.Text, StringComparison.Ordinal);
    }

    private static byte[] File(string store) => PdfBytes.OnePage(store + "/Version/2.0").Indirect(4, "<</Certs[5 0 R]/CRLs[6 0 R]>>")
        .Indirect(5, "<</Length 4>>\nstream\nleaf\nendstream").Indirect(6, "<</Length 4>>\nstream\nlist\nendstream")
        .Indirect(7, "<</Length 6>>\nstream\nanswer\nendstream").Indirect(8, "[6 0 R]").Table().ToArray();

    private static PdfDocument Add(byte[] original, ValidationData data)
    {
        var tail = Assert.IsType<SecurityStoreAddition.Appended>(SecurityStoreUpdate.Prepare(Read.Document(original), data)).Tail;
        return Read.Document([.. original, .. tail.Span]);
    }

    private static ValidationData Of(string[] certificates, string[] responses, string[] crls) => new(Bytes(certificates), Bytes(responses), Bytes(crls));

    private static List<ReadOnlyMemory<byte>> Bytes(string[] texts) => [.. texts.Select(text => (ReadOnlyMemory<byte>)Encoding.ASCII.GetBytes(text))];

    private static IEnumerable<string> Texts(IEnumerable<SecurityStoreStream> streams) => streams.Select(stream => Encoding.ASCII.GetString(stream.Bytes.Span));

    private static IEnumerable<int> Overridden(PdfDocument document) =>
        document.Latest.Revision.Changes.Where(change => change.Kind == ObjectChangeKind.Overridden).Select(change => change.Id.Number);
}
